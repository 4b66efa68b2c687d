/**
 * Which builds of the engine there are, and how one is loaded. The .mjs and .wasm files are products of the C++ build, not of this
 * one; a page built without them says so.
 */
import type { CreateEngine } from './module';
import { DEFAULT_MEMORY } from './needs';

const threads = import.meta.glob<{ default: CreateEngine }>('./wasm/threads/engine.mjs');

export class EngineMissing extends Error {
  override name = 'EngineMissing';
}

export async function loadThreadsBuild(): Promise<CreateEngine> {
  const load = threads['./wasm/threads/engine.mjs'];
  if (!load) throw new EngineMissing('This page was built without its engine. Build it with ./play and reload.');
  return (await load()).default;
}

/**
 * Whether this window may run the build with threads. Both must be asked: a page can be isolated in a browser that has no shared
 * memory, and there the module would neither start nor fail.
 */
export function threadsPossible(): boolean {
  return globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer === 'function';
}

/** Rejects with a sentence when a promise takes too long. The promise itself cannot be stopped: drop what it gives. */
export function withDeadline<T>(work: Promise<T>, milliseconds: number, sentence: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(sentence)), milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export const BOOT_TIMEOUT_MS = 15000;
const PAGE = 65536;
export const LEAST_MEMORY = 32 << 20;

export interface SharedMemory {
  memory: WebAssembly.Memory;
  bytes: number;
}

/** Shared memory of a fixed size; half as much each time the browser refuses (the default before less than that), down to 32 MiB. */
export function allocateMemory(
  wanted = DEFAULT_MEMORY,
  make = (pages: number): WebAssembly.Memory => new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
): SharedMemory {
  for (let bytes = wanted; ; ) {
    try {
      return { memory: make(bytes / PAGE), bytes };
    } catch (error) {
      const next = bytes > DEFAULT_MEMORY ? Math.max(DEFAULT_MEMORY, bytes / 2) : bytes / 2;
      if (!(error instanceof RangeError) || next < LEAST_MEMORY) throw error;
      bytes = next;
    }
  }
}
