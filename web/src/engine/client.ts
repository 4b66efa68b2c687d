/** What the page asks of an engine, whichever build it is. Two implementations: threads-client.ts and worker-client.ts. */
import type { HeapMap, HeapSpan } from './heap-map';
import type { EngineDescription, FieldError, LiveSnapshot, Parameters, RunResult } from './types';

export interface Validation {
  /** Complete and always usable. */
  parameters: Parameters;
  errors: FieldError[];
}

export interface StartAnswer {
  ok: boolean;
  run: number;
  errors: FieldError[];
}

/** Why an engine can no longer be trusted. */
export interface EngineFailure {
  /** `abort`: it gave up itself (out of memory, a broken invariant); `trap`: a thread crashed; `hang`: its heart stopped. */
  kind: 'abort' | 'trap' | 'hang';
  /** Why, without a full stop; "" when no reason is known. */
  message: string;
}

export type Unsubscribe = () => void;

export interface EngineClient {
  readonly kind: 'threads' | 'single';
  /** Sentences about how it was started, for the page: a smaller memory, a pool of another size. */
  readonly notes: readonly string[];
  /** Threads in its pool; 0 without threads. */
  readonly threads: number;
  /** Bytes of memory it was asked to have, also where the browser gave it less; 0: its build decides. */
  readonly memory: number;

  describe(): Promise<EngineDescription>;
  validate(experiment: string, parameters: Parameters): Promise<Validation>;
  start(experiment: string, parameters: Parameters): Promise<StartAnswer>;
  cancel(): void;
  setProcs(n: number): void;
  names(): Promise<string[]>;
  result(): Promise<RunResult | null>;
  schedtrace(): Promise<string>;
  /** A line a collection; level 2 also says what was scanned. Empty without a heap. */
  gctrace(level: number): Promise<string>;
  /** GOGC of the run that is on; -1: off. */
  setGogc(percent: number): void;
  /** 0: no limit. */
  setMemoryLimit(mebibytes: number): void;
  /** Every span in use, at this moment; null without a heap. */
  heapMap(): Promise<HeapMap | null>;
  /** The span that covers this page of the arena, object by object; null if there is none. */
  heapSpan(page: number): Promise<HeapSpan | null>;

  /** Samples of the running engine: one a beat while the page is visible, and one at the end. */
  onSnapshot(listener: (snapshot: LiveSnapshot) => void): Unsubscribe;
  /** Event records as they are drained; `dropped` is the engine's count so far. The bytes are only lent. */
  onEvents(listener: (bytes: Uint8Array, dropped: number) => void): Unsubscribe;
  /** A run ended, in whatever way; its last snapshot and events have been handed out before. */
  onDone(listener: (result: RunResult | null) => void): Unsubscribe;
  /** The engine is lost. It has been disposed of when this is called. Called at most once. */
  onFailure(listener: (failure: EngineFailure) => void): Unsubscribe;

  /** False stops sampling and draining; the run itself goes on. */
  setVisible(visible: boolean): void;
  dispose(): void;
}

/** A list of listeners. */
export class Listeners<T extends unknown[]> {
  private readonly all = new Set<(...values: T) => void>();

  add(listener: (...values: T) => void): Unsubscribe {
    this.all.add(listener);
    return () => this.all.delete(listener);
  }

  emit(...values: T): void {
    for (const listener of [...this.all]) listener(...values);
  }

  copy(): Listeners<T> {
    const other = new Listeners<T>();
    for (const listener of this.all) other.add(listener);
    return other;
  }

  clear(): void {
    this.all.clear();
  }
}

export function parseResult(text: string): RunResult | null {
  return text === '' ? null : (JSON.parse(text) as RunResult);
}
