/**
 * The wasm module as the page uses it (docs/engine-interface.md). What the calls take and give stands in engine.d.ts, which the compiler
 * made from the bindings (scripts/engine-types); the words of text and the module's own things, of which it knows nothing, stand here.
 */
import type { MainModule } from './engine';

export interface EngineOptions {
  /** Fixed size: its maximum is its initial size. Only the build with threads takes it. */
  wasmMemory?: WebAssembly.Memory;
  /** Threads created at start; only read by the build with threads. */
  samovarThreads?: number;
  locateFile?: (path: string, prefix: string) => string;
  print?: (line: string) => void;
  printErr?: (line: string) => void;
  onAbort?: (what: unknown) => void;
}

/** The calls we rely on: each must be among the bindings, or this does not compile. */
type Call =
  | 'describe' | 'validate' | 'start' | 'cancel' | 'set_procs' | 'status' | 'poll' | 'drain' | 'live_address' | 'drain_address' | 'names'
  | 'result' | 'schedtrace' | 'step' | 'gctrace' | 'set_gogc' | 'set_memory_limit' | 'sample_heap' | 'heap_map_address' | 'heap_span';

export interface EngineModule extends Pick<MainModule, Call> {
  /** Views of the engine's memory. Memory never grows, so they stay valid. */
  readonly HEAPU32: Uint32Array;
  readonly wasmMemory?: WebAssembly.Memory;
  /** Only in the build with threads. */
  readonly PThread?: Threads;
}

/** The module's workers: those that wait, and those that run a thread, by its address. None is made after the start. */
export interface Threads {
  terminateRuntime(): void;
  readonly unusedWorkers: readonly ThreadWorker[];
  readonly pthreads: Readonly<Record<number, ThreadWorker>>;
}

export type ThreadWorker = Pick<Worker, 'onerror'>;

export type CreateEngine = (options: EngineOptions) => Promise<EngineModule>;
