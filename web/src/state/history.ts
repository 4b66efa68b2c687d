/**
 * The samples of one run, kept so that a run of a second and one of a minute look equally clear: about six hundred points
 * whatever its length. When they are full every other one is dropped, and from then on samples are taken half as often.
 * Rates come from differences of counters between the points kept, so thinning loses time resolution and nothing else.
 */
import type { LiveHeap, LiveSnapshot } from '../engine/types';

const MAX_POINTS = 600;

export interface HistoryPoint {
  elapsedNs: number;
  workDone: number;
  steals: number;
  goroutines: number;
  created: number;
  globalQueue: number;
  spinningMs: number;
  idlePs: number;
  /** Goroutines waiting on each P, runnext included. */
  queues: number[];
  /** Time each P was busy since the run began, ns. */
  busyNs: number[];
  /** Null: the run has no heap. */
  heap: LiveHeap | null;
}

/** A line of points: `t` in seconds. */
export interface Line {
  t: number[];
  y: number[];
}

export class History {
  /** Goes up with every change. */
  version = 0;
  points: HistoryPoint[] = [];
  private gapNs = 0;
  private run = -1;

  /** Takes a sample of the run. A sample of another run starts a new history. */
  push(snapshot: LiveSnapshot): void {
    const last = this.points[this.points.length - 1];
    if (snapshot.run !== this.run || (last && snapshot.elapsedNs < last.elapsedNs)) {
      this.clear();
      this.run = snapshot.run;
    }
    const point = pointOf(snapshot);
    const before = this.points[this.points.length - 2];
    const kept = this.points[this.points.length - 1];
    // The newest point always shows the newest sample; it is replaced until it is far enough from the one before it.
    const close = kept && (kept.elapsedNs === point.elapsedNs || (before && kept.elapsedNs - before.elapsedNs < this.gapNs));
    if (close) this.points[this.points.length - 1] = point;
    else this.points.push(point);
    if (this.points.length > MAX_POINTS) this.halve();
    this.version++;
  }

  /** Work units done per second: hashes, messages, whatever the experiment counts. */
  workRate(): Line {
    return this.rate((point) => point.workDone);
  }

  stealRate(): Line {
    return this.rate((point) => point.steals);
  }

  /** The queue of P `p`; P -1 is the global queue. */
  queue(p: number): Line {
    return this.line((point) => (p < 0 ? point.globalQueue : (point.queues[p] ?? 0)));
  }

  /** Most Ps seen in this run. */
  get procs(): number {
    return this.points.reduce((most, point) => Math.max(most, point.queues.length), 0);
  }

  goroutines(): Line {
    return this.line((point) => point.goroutines);
  }

  /** Whether this run has a heap. */
  get hasHeap(): boolean {
    return this.points.some((point) => point.heap !== null);
  }

  /** A figure of the heap; samples where it is not finite (no limit, no goal) are left out. */
  heap(value: (heap: LiveHeap) => number): Line {
    const line: Line = { t: [], y: [] };
    for (const { elapsedNs, heap } of this.points) {
      const y = heap ? value(heap) : NaN;
      if (!Number.isFinite(y)) continue;
      line.t.push(elapsedNs / 1e9);
      line.y.push(y);
    }
    return line;
  }

  /** How fast a counter of the heap goes up, a second. */
  heapRate(counter: (heap: LiveHeap) => number): Line {
    return this.rate((point) => (point.heap ? counter(point.heap) : 0));
  }

  clear(): void {
    this.points = [];
    this.gapNs = 0;
    this.run = -1;
    this.version++;
  }

  private line(value: (point: HistoryPoint) => number): Line {
    return { t: this.points.map((point) => point.elapsedNs / 1e9), y: this.points.map(value) };
  }

  private rate(counter: (point: HistoryPoint) => number): Line {
    const t: number[] = [];
    const y: number[] = [];
    for (let i = 1; i < this.points.length; i++) {
      const from = this.points[i - 1]!;
      const to = this.points[i]!;
      t.push(to.elapsedNs / 1e9);
      y.push(Math.max(0, ((counter(to) - counter(from)) * 1e9) / (to.elapsedNs - from.elapsedNs)));
    }
    return { t, y };
  }

  private halve(): void {
    const newest = this.points[this.points.length - 1]!;
    this.points = this.points.filter((_, i) => i % 2 === 0);
    if (this.points[this.points.length - 1] !== newest) this.points.push(newest);
    this.gapNs = Math.max(this.gapNs * 2, (newest.elapsedNs - this.points[0]!.elapsedNs) / (this.points.length - 1));
  }
}

function pointOf(snapshot: LiveSnapshot): HistoryPoint {
  return {
    elapsedNs: snapshot.elapsedNs,
    workDone: snapshot.workDone,
    steals: snapshot.ps.reduce((sum, p) => sum + p.steals, 0),
    goroutines: snapshot.goroutines,
    created: snapshot.goroutinesCreated,
    globalQueue: snapshot.globalQueue,
    spinningMs: snapshot.spinningMs,
    idlePs: snapshot.idlePs,
    queues: snapshot.ps.map((p) => p.queue + (p.runnext ? 1 : 0)),
    busyNs: snapshot.ps.map((p) => p.busyNs),
    heap: snapshot.heap,
  };
}
