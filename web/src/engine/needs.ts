/**
 * What a run needs of its engine: threads and memory. Both are settled when an engine is started, so that a run which needs more gets a new
 * one; the engine that the page opens with has what most runs need, for each thread takes some 20 ms to start.
 */
import type { Parameters } from './types';

const MIB = 1 << 20;
export const DEFAULT_MEMORY = 128 * MIB;

/** The supervisor and sysmon: the rest of a pool can run Ps. */
const SERVICE_THREADS = 2;
/** Beside as many as there are Ps: the two, and some, so that GOMAXPROCS can be raised while the run goes on. */
const SPARE_THREADS = 6;
export const MAX_THREADS = 80;

/** Up to so many Ps a run that makes blocking calls can go on to, where it began with half as many. */
const RAISED_PROCS = 8;

/** Parameters that say how many goroutines are in a blocking call at once: each of them holds a thread. */
const CALLS: Readonly<Record<string, string>> = { 'blocking-calls': 'goroutines' };

/** Beside the heap there must be room for stacks, event rings, and so many goroutines. With it 64 MiB of heap fit into the default. */
const LEAST_BESIDE = 64 * MIB;
/** Beside a larger one, of what it has more: a record for each span (a twentieth, where objects are small), and what the allocator has no use for between them. */
const SHARE_BESIDE = 1 / 4;
const GOROUTINES_BESIDE = 100_000;
/** A goroutine that waits takes 224 bytes (the result of `million` tells); with what the allocator keeps for itself. */
const GOROUTINE_BYTES = 320;
const STEP = 64 * MIB;
/** What one module's memory can have at most. With the whole 4 GiB its end would be address 0, and nothing could be allocated. */
const MOST_MEMORY = 4032 * MIB;

export function defaultThreads(hardware: number | undefined): number {
  return Math.min(8, Math.max(2, hardware ?? 2)) + SPARE_THREADS;
}

export interface Needs {
  threads: number;
  /** Bytes, all in all; and what of them is the heap's, and that of goroutines beyond those that have room beside any heap. */
  memory: number;
  heap: number;
  goroutines: number;
}

export function needsOf(experiment: string, parameters: Parameters): Needs {
  const procs = positive(parameters.procs) || 1;
  const calls = callsOf(experiment, parameters);
  const raised = Math.max(procs, Math.min(RAISED_PROCS, 2 * procs));
  const threads = calls === 0 ? procs + SPARE_THREADS : raised + calls + SERVICE_THREADS;
  const heap = positive(parameters.heap) * MIB;
  const goroutines = Math.max(0, positive(parameters.goroutines) - GOROUTINES_BESIDE) * GOROUTINE_BYTES;
  // Simulated threads are none of the pool's.
  return { threads: parameters.time === 'virtual' ? 0 : Math.min(MAX_THREADS, threads), memory: memoryFor(heap, goroutines), heap, goroutines };
}

/**
 * What the runs of one engine have taken of its memory. It goes back to the allocator, which has it for others like them, but it makes no
 * larger heap of a smaller one's room.
 */
export class Room {
  private heaps = 0;
  private largest = 0;
  private goroutines = 0;

  /** Takes what a run needs; false: in an engine of so much memory there may be no room for it any more. */
  take({ heap, goroutines }: Needs, memory: number): boolean {
    if (heap > this.largest) {
      this.heaps += heap;
      this.largest = heap;
    }
    this.goroutines = Math.max(this.goroutines, goroutines);
    return this.heaps + this.goroutines + beside(this.largest) <= memory;
  }
}

/** The most Ps that such a run can go on to have in an engine with so many threads; what is in a blocking call needs its own. */
export function mostProcs(threads: number, experiment: string, parameters: Parameters): number {
  return Math.max(positive(parameters.procs) || 1, threads - SERVICE_THREADS - callsOf(experiment, parameters));
}

function beside(heap: number): number {
  return LEAST_BESIDE + SHARE_BESIDE * Math.max(0, heap - LEAST_BESIDE);
}

/** The default where it fits there, else as much as is needed in steps of 64 MiB. */
function memoryFor(heap: number, goroutines: number): number {
  return Math.min(MOST_MEMORY, Math.max(DEFAULT_MEMORY, Math.ceil((heap + goroutines + beside(heap)) / STEP) * STEP));
}

function callsOf(experiment: string, parameters: Parameters): number {
  const name = CALLS[experiment];
  return name === undefined ? 0 : positive(parameters[name]);
}

function positive(value: unknown): number {
  const number = Number(value ?? 0);
  return number > 0 ? number : 0;
}
