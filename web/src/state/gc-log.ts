/**
 * What the collector did, read off its events while a run goes on: the collections, how long the world stood still for them, and who
 * helped with marking. When the run has ended its result tells the collections once more, with what events do not carry.
 */
import { EventKind, type GcCycle, type Histogram, type RunResult } from '../engine/types';
import { LATENCY_EDGES_NS, latencyBucket } from './latency';

/** So many collections are kept, the latest; and so many goroutines that helped, the first. */
const MAX_COLLECTIONS = 4096;
const MAX_HELPERS = 4096;

/** In the order of observe::GcTrigger. */
const WHY: readonly GcCycle['why'][] = ['heap', 'time', 'forced'];

/** A time that has not come yet, or was not measured, is Infinity; a size NaN. */
export interface Collection {
  cycle: number;
  why: GcCycle['why'];
  /** GOMAXPROCS at the time; NaN until the run has ended. */
  procs: number;
  startNs: number;
  /** The world runs again and marking goes on beside the program. */
  markNs: number;
  /** The world stops once more, to end marking. */
  markedNs: number;
  endNs: number;
  heapStart: number;
  goal: number;
  marked: number;
  /** Of all goroutines that helped, ns. */
  assistNs: number;
  /** Of the mark workers, ns; NaN until the run has ended. */
  workerNs: number;
  idleNs: number;
  pagesFreed: number;
}

export interface Helper {
  g: number;
  ns: number;
  kib: number;
  /** How often it helped, and how often it had to wait for credit. */
  times: number;
  waits: number;
}

export class GcLog {
  /** The latest, oldest first. */
  collections: Collection[] = [];
  /** Collections begun, those no longer kept included. */
  begun = 0;
  pauses = 0;
  pausedNs = 0;
  longestPauseNs = 0;
  assistNs = 0;
  /** Help by goroutines that are not followed one by one. */
  readonly others: Helper = { g: 0, ns: 0, kib: 0, times: 0, waits: 0 };
  private readonly pauseCounts = new Float64Array(LATENCY_EDGES_NS.length - 1);
  private readonly helpers = new Map<number, Helper>();

  /** An event of kinds GcBegin to GcAssistWait. */
  take(kind: number, timeNs: number, reason: number, g: number, a: number, b: number): void {
    switch (kind) {
      case EventKind.GcBegin:
        return this.begin(timeNs, reason, a, b);
      case EventKind.GcAssist:
        return this.helped(g, a, b);
      case EventKind.GcAssistWait:
        this.helper(g).waits++;
        return;
    }
    const collection = this.collections.findLast(({ cycle }) => cycle === a);
    if (!collection) return;
    if (kind === EventKind.GcMark) {
      collection.markNs = timeNs;
      collection.goal = b;
    } else if (kind === EventKind.GcMarked) {
      collection.marked = b;
      if (collection.markedNs === Infinity) collection.markedNs = timeNs;
    } else {
      collection.pagesFreed = b;
    }
  }

  /** The world is being stopped for the collector. */
  stopping(timeNs: number): void {
    const open = this.collections[this.collections.length - 1];
    if (open && open.markNs < Infinity && open.markedNs === Infinity) open.markedNs = timeNs;
  }

  /** The world runs again. */
  running(sinceNs: number, timeNs: number): void {
    const ns = timeNs - sinceNs;
    this.pauseCounts[latencyBucket(ns)]! += 1;
    this.pauses++;
    this.pausedNs += ns;
    this.longestPauseNs = Math.max(this.longestPauseNs, ns);
    const open = this.collections[this.collections.length - 1];
    if (open && open.markedNs < Infinity && open.endNs === Infinity) open.endNs = timeNs;
  }

  /** In seconds, with Go's buckets. */
  pauseHistogram(): Histogram {
    return { buckets: Array.from(LATENCY_EDGES_NS, (ns) => ns / 1e9), counts: Array.from(this.pauseCounts) };
  }

  /** The goroutines that helped or waited, those that gave most time first. */
  byGoroutine(): Helper[] {
    return [...this.helpers.values()].sort((one, other) => other.ns - one.ns || other.waits - one.waits || one.g - other.g);
  }

  clear(): void {
    this.collections = [];
    this.begun = this.pauses = this.pausedNs = this.longestPauseNs = this.assistNs = 0;
    Object.assign(this.others, { ns: 0, kib: 0, times: 0, waits: 0 });
    this.pauseCounts.fill(0);
    this.helpers.clear();
  }

  private begin(timeNs: number, reason: number, cycle: number, live: number): void {
    this.begun++;
    if (this.collections.length === MAX_COLLECTIONS) this.collections = this.collections.slice(MAX_COLLECTIONS / 2);
    this.collections.push({
      cycle, why: WHY[reason] ?? 'heap', procs: NaN, startNs: timeNs, markNs: Infinity, markedNs: Infinity, endNs: Infinity,
      heapStart: live, goal: NaN, marked: NaN, assistNs: 0, workerNs: NaN, idleNs: NaN, pagesFreed: NaN,
    });
  }

  private helped(g: number, kib: number, ns: number): void {
    const helper = this.helper(g);
    helper.ns += ns;
    helper.kib += kib;
    helper.times++;
    this.assistNs += ns;
    const open = this.collections[this.collections.length - 1];
    if (open) open.assistNs += ns;
  }

  private helper(g: number): Helper {
    let helper = this.helpers.get(g);
    if (helper) return helper;
    if (this.helpers.size >= MAX_HELPERS) return this.others;
    helper = { g, ns: 0, kib: 0, times: 0, waits: 0 };
    this.helpers.set(g, helper);
    return helper;
  }
}

/** The collections of a run: those its result tells, once it has ended, and what only the events know of them. */
export function collectionsOf(log: GcLog, result: RunResult | null): readonly Collection[] {
  const told = result?.memory?.cycles;
  if (!told || told.length === 0) return log.collections;
  const seen = new Map(log.collections.map((collection) => [collection.cycle, collection]));
  return told.map((cycle) => ({
    cycle: cycle.cycle, why: cycle.why, procs: cycle.procs, startNs: cycle.start_ns, markNs: cycle.mark_ns, markedNs: cycle.marked_ns, endNs: cycle.end_ns,
    heapStart: cycle.heap_start, goal: cycle.goal, marked: cycle.heap_marked, assistNs: cycle.assist_ns,
    workerNs: cycle.dedicated_ns + cycle.fractional_ns, idleNs: cycle.idle_ns, pagesFreed: seen.get(cycle.cycle)?.pagesFreed ?? NaN,
  }));
}

/** How long the world stood still for a collection; NaN while it is not over. */
export function pausedNsOf({ startNs, markNs, markedNs, endNs }: Collection): number {
  return endNs === Infinity ? NaN : markNs - startNs + (endNs - markedNs);
}
