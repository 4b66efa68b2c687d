import { expect, test } from 'vitest';
import { failureWords, isShortOfMemory, readFailure, startFailureWords } from './failure';

const read = (message: string) => readFailure({ kind: 'trap', message });

test('an abort is told by its reason alone, however it arrives', () => {
  const abort = { kind: 'abort', message: 'heap is gone' };
  expect(read('Aborted(heap is gone)')).toEqual(abort);
  expect(read('Uncaught RuntimeError: Aborted(heap is gone). Build with -sASSERTIONS for more info.')).toEqual(abort);
  expect(read('worker sent an error! http://here/engine.mjs:1: Uncaught RuntimeError: Aborted(heap is gone). Build with -sASSERTIONS for more info.')).toEqual(abort);
  expect(read('RuntimeError: Aborted(native code called abort())').message).toBe('native code called abort()');
});

test('a crash keeps its name', () => {
  expect(read('worker sent an error! undefined:undefined: Uncaught RuntimeError: unreachable')).toEqual({ kind: 'trap', message: 'unreachable' });
});

test('a reason that is not known is not made up of punctuation', () => {
  for (const message of ['', 'undefined', 'Aborted()', 'Aborted(). Build with -sASSERTIONS for more info.']) {
    const failure = readFailure({ kind: 'abort', message });
    expect(failureWords(failure)).toBe('The engine gave up without saying why; most likely its memory was full.');
    expect(isShortOfMemory(failure)).toBe(true);
  }
  expect(failureWords({ kind: 'trap', message: '' })).toBe('A thread of the engine crashed; why is not known.');
});

test('a reason that is known is told as it is', () => {
  expect(failureWords({ kind: 'hang', message: 'its heartbeat stood still' })).toBe('The engine hung: its heartbeat stood still.');
  expect(isShortOfMemory({ kind: 'abort', message: 'OOM' })).toBe(true);
  expect(isShortOfMemory({ kind: 'trap', message: 'unreachable' })).toBe(false);
});

test('a start that failed is told in the words of the engine', () => {
  expect(startFailureWords({ kind: 'abort', message: 'This page was built without its engine.' })).toBe('This page was built without its engine.');
  expect(startFailureWords({ kind: 'abort', message: 'RuntimeError: Aborted()' })).toBe('The engine gave up without saying why; most likely its memory was full.');
});

test.each([
  "NetworkError: Failed to execute 'send' on 'XMLHttpRequest': Failed to load 'http://here/engine.wasm'.",
  'Aborted(both async and sync fetching of the wasm failed). Build with -sASSERTIONS for more info.',
  'TypeError: Failed to fetch dynamically imported module: http://here/engine.js',
  'error loading dynamically imported module: http://here/engine.js',
  'TypeError: Importing a module script failed.',
  'Aborted(CompileError: WebAssembly.instantiate(): expected magic word 00 61 73 6d, found 3c 21 64 6f @+0)',
  "CompileError: WebAssembly.Module doesn't parse at byte 0: module doesn't start with '\\0asm'",
  'The engine’s worker could not be loaded',
])('a file that did not come is told as that: %s', (message) => {
  expect(startFailureWords({ kind: 'abort', message })).toBe('The engine could not be fetched from the server of this page. Check the connection, then reload the page.');
});
