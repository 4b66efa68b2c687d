/**
 * The wasm module as the page uses it (docs/engine-interface.md). engine.d.ts beside it, once there, is what the compiler says of the
 * bindings; this file says in our words what of it we rely on.
 */
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

export interface EngineModule {
  describe(): string;
  validate(experiment: string, parameters: string): string;
  start(experiment: string, parameters: string): string;
  cancel(): void;
  set_procs(n: number): void;
  status(): number;
  poll(): void;
  drain(): number;
  live_address(): number;
  drain_address(): number;
  names(): string;
  result(): string;
  schedtrace(): string;
  step(milliseconds: number): boolean;

  /** Views of the engine's memory. Memory never grows, so they stay valid. */
  readonly HEAPU32: Uint32Array;
  readonly wasmMemory?: WebAssembly.Memory;
  /** Only in the build with threads. */
  readonly PThread?: { terminateRuntime(): void };
}

export type CreateEngine = (options: EngineOptions) => Promise<EngineModule>;
