/** The last words of an engine, without what the compiler's runtime and the browser put around them. Pure. */
import type { EngineFailure } from './client';

const AROUND = [/^worker sent an error! \S*: /, /^Uncaught /, /^RuntimeError: /];
const ABORTED = /^Aborted\(([^]*?)\)(?:\.? Build with [^]*)?$/;

/** What it says of itself: an abort that arrives as a crash is an abort. The message is "" when no reason is known. */
export function readFailure({ kind, message }: EngineFailure): EngineFailure {
  const said = AROUND.reduce((text, around) => text.replace(around, ''), message);
  const aborted = ABORTED.exec(said);
  const reason = (aborted?.[1] ?? said).trim().replace(/\.$/, '');
  return { kind: aborted ? 'abort' : kind, message: reason === 'undefined' ? '' : reason };
}

const WHAT = { abort: 'The engine gave up', trap: 'A thread of the engine crashed', hang: 'The engine hung' } as const;

/** One sentence. Where memory is full the engine cannot even say so: an abort without a reason is most likely that. */
export function failureWords({ kind, message }: EngineFailure): string {
  if (message) return `${WHAT[kind]}: ${message}.`;
  return kind === 'abort' ? `${WHAT[kind]} without saying why; most likely its memory was full.` : `${WHAT[kind]}; why is not known.`;
}

/**
 * How the browsers and the engine's loader say that a file did not come: a module of JavaScript, the worker, the .wasm itself, or in
 * its place something else (a server's page about an error), which does not begin as WebAssembly does.
 */
const NOT_FETCHED = /^NetworkError|fetching of the wasm failed|dynamically imported module|module script failed|worker could not be loaded|magic (?:word|number)|\\0asm/i;

/** Why an engine did not even start: its words as they are, where there are any and they are meant for a reader. */
export function startFailureWords(failure: EngineFailure): string {
  if (NOT_FETCHED.test(failure.message)) return 'The engine could not be fetched from the server of this page. Check the connection, then reload the page.';
  const read = readFailure(failure);
  return read.message ? `${read.message}.` : failureWords(read);
}

/** Whether less to hold in memory might have helped. */
export function isShortOfMemory({ kind, message }: EngineFailure): boolean {
  return /\bOOM\b|memory/i.test(message) || (kind === 'abort' && message === '');
}
