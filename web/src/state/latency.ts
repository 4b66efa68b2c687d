/**
 * How long goroutines waited in a run queue: Go's `/sched/latencies:seconds`, made from the events of a run in progress.
 * The buckets are those of Go's time histogram: four of 64 ns, then four to each power of two from 256 ns to 2^47 ns.
 */
import type { Histogram } from '../engine/types';

const SUB_BUCKETS = 4;
const FIRST_POWER = 8;
const LAST_POWER = 47;

/** The edges in nanoseconds, -Infinity first and Infinity last: bucket i lies between edges i and i + 1. */
export const LATENCY_EDGES_NS: Float64Array = makeEdges();

function makeEdges(): Float64Array {
  const edges = [-Infinity];
  for (let sub = 0; sub < SUB_BUCKETS; sub++) edges.push(sub * 64);
  for (let power = FIRST_POWER; power < LAST_POWER; power++) {
    for (let sub = 0; sub < SUB_BUCKETS; sub++) edges.push(2 ** power + sub * 2 ** (power - 2));
  }
  edges.push(2 ** LAST_POWER, Infinity);
  return Float64Array.from(edges);
}

/** Which bucket a latency belongs to. */
export function latencyBucket(ns: number): number {
  if (ns < 0) return 0;
  if (ns >= 2 ** LAST_POWER) return LATENCY_EDGES_NS.length - 2;
  if (ns < 256) return 1 + Math.floor(ns / 64);
  const power = Math.floor(Math.log2(ns));
  const exact = 2 ** power > ns ? power - 1 : power;
  const sub = Math.floor((ns - 2 ** exact) / 2 ** (exact - 2));
  return 1 + SUB_BUCKETS + (exact - FIRST_POWER) * SUB_BUCKETS + sub;
}

/** How many goroutine ids are followed; those beyond are not sampled. */
const MAX_GOROUTINES = 1 << 22;

export class LatencySampler {
  readonly counts = new Float64Array(LATENCY_EDGES_NS.length - 1);
  samples = 0;
  /** For each goroutine: when it became runnable (positive), or when it ran before that was seen (negative); plus 1, 0 is none. */
  private pending = new Float64Array(1024);

  runnable(g: number, timeNs: number): void {
    if (!this.follow(g)) return;
    const ranAt = -this.pending[g]! - 1;
    if (this.pending[g]! < 0 && ranAt >= timeNs) {
      this.pending[g] = 0;
      this.sample(ranAt - timeNs);
    } else {
      this.pending[g] = timeNs + 1;
    }
  }

  ran(g: number, timeNs: number): void {
    if (!this.follow(g)) return;
    const since = this.pending[g]! - 1;
    if (this.pending[g]! > 0 && since <= timeNs) {
      this.pending[g] = 0;
      this.sample(timeNs - since);
    } else {
      this.pending[g] = -timeNs - 1;
    }
  }

  /** It parked or exited: the run before was not the one that a later readiness belongs to. */
  stopped(g: number): void {
    if (this.follow(g) && this.pending[g]! < 0) this.pending[g] = 0;
  }

  /** Whether it was seen to become runnable and not yet to run. */
  isRunnable(g: number): boolean {
    return this.follow(g) && this.pending[g]! > 0;
  }

  /** In seconds, as `runtime/metrics` gives it. */
  histogram(): Histogram {
    return { buckets: Array.from(LATENCY_EDGES_NS, (ns) => ns / 1e9), counts: Array.from(this.counts) };
  }

  clear(): void {
    this.counts.fill(0);
    this.pending.fill(0);
    this.samples = 0;
  }

  private sample(ns: number): void {
    this.counts[latencyBucket(ns)]! += 1;
    this.samples++;
  }

  private follow(g: number): boolean {
    if (g <= 0 || g >= MAX_GOROUTINES) return false;
    if (g >= this.pending.length) {
      const next = new Float64Array(Math.min(MAX_GOROUTINES, 2 ** Math.ceil(Math.log2(g + 1))));
      next.set(this.pending);
      this.pending = next;
    }
    return true;
  }
}
