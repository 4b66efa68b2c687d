/** What the page and the single-thread engine's worker say to each other. */
import type { Parameters } from './types';

/** Calls that are answered, under the names of the engine's interface. */
export type Call =
  | { call: 'describe' }
  | { call: 'validate'; experiment: string; parameters: Parameters }
  | { call: 'start'; experiment: string; parameters: Parameters }
  | { call: 'names' }
  | { call: 'result' }
  | { call: 'schedtrace' }
  | { call: 'gctrace'; level: number }
  /** Answered with the bytes of the map, none without a heap. */
  | { call: 'heap_map' }
  | { call: 'heap_span'; page: number };

export type ToWorker =
  | ({ id: number } & Call)
  | { tell: 'cancel' }
  | { tell: 'set_procs'; n: number }
  | { tell: 'set_gogc'; percent: number }
  | { tell: 'set_memory_limit'; mebibytes: number }
  | { tell: 'visible'; visible: boolean }
  /** The page has taken the last sample and may have another. */
  | { tell: 'seen' };

export type FromWorker =
  | { ready: true }
  | { id: number; value: string }
  | { id: number; bytes: ArrayBuffer }
  | { id: number; error: string }
  /** The live block's bytes. */
  | { live: ArrayBuffer }
  | { events: ArrayBuffer; dropped: number }
  /** The run is over; the result as JSON. All its samples and events came before. */
  | { done: string }
  | { failed: string };
