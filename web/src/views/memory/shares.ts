/** What share of the Ps' time the collector took, by kind, over a run. Pure. */
import type { Collection } from '../../state/gc-log';
import type { History } from '../../state/history';

/** Share of all Ps' time from the place before, at first `from`, to `t` (seconds), 0 to 1. */
export interface Shares {
  from: number;
  t: number[];
  assist: number[];
  workers: number[];
  idle: number[];
  paused: number[];
}

const BUCKETS = 120;

/** From the collections of a finished run: exact, each kind spread over the time in which it was done. */
export function sharesOfCollections(collections: readonly Collection[], endNs: number): Shares {
  const width = Math.max(1, endNs) / BUCKETS;
  const sums = { assist: new Float64Array(BUCKETS), workers: new Float64Array(BUCKETS), idle: new Float64Array(BUCKETS), paused: new Float64Array(BUCKETS) };
  const spread = (into: Float64Array, from: number, to: number, amount: number): void => {
    const first = Math.min(BUCKETS - 1, Math.max(0, Math.floor(from / width)));
    const last = Math.min(BUCKETS - 1, Math.max(first, Math.floor(to / width)));
    for (let i = first; i <= last; i++) {
      const overlap = Math.min(to, (i + 1) * width) - Math.max(from, i * width);
      into[i]! += to > from ? (amount * Math.max(0, overlap)) / (to - from) : amount;
    }
  };
  for (const { startNs, markNs, markedNs, endNs: over, procs, assistNs, workerNs, idleNs } of collections) {
    spread(sums.assist, markNs, markedNs, assistNs / procs);
    spread(sums.workers, markNs, markedNs, workerNs / procs);
    spread(sums.idle, markNs, markedNs, idleNs / procs);
    spread(sums.paused, startNs, markNs, markNs - startNs);
    spread(sums.paused, markedNs, over, over - markedNs);
  }
  const share = (sum: Float64Array): number[] => Array.from(sum, (ns) => Math.min(1, ns / width));
  return {
    from: 0, t: Array.from({ length: BUCKETS }, (_, i) => ((i + 1) * width) / 1e9),
    assist: share(sums.assist), workers: share(sums.workers), idle: share(sums.idle), paused: share(sums.paused),
  };
}

/**
 * From samples while the run goes on. Its counters move when a collection has finished, so each figure is the mean from one finished
 * collection to the next: taken between two samples it would be all or nothing.
 */
export function sharesOfSamples(history: History): Shares {
  const shares: Shares = { from: (history.points[0]?.elapsedNs ?? 0) / 1e9, t: [], assist: [], workers: [], idle: [], paused: [] };
  let from = history.points[0];
  for (const to of history.points.slice(1)) {
    if (!from?.heap || !to.heap) {
      from = to;
      continue;
    }
    const [before, after] = [from.heap, to.heap];
    const paused = after.pausedNs - before.pausedNs;
    const marked = after.assistNs - before.assistNs + after.markNs - before.markNs + after.idleNs - before.idleNs;
    if (paused <= 0 && marked <= 0) continue;
    const wall = to.elapsedNs - from.elapsedNs;
    const all = wall * Math.max(1, to.queues.length);
    shares.t.push(to.elapsedNs / 1e9);
    shares.assist.push(Math.min(1, (after.assistNs - before.assistNs) / all));
    shares.workers.push(Math.min(1, (after.markNs - before.markNs) / all));
    shares.idle.push(Math.min(1, (after.idleNs - before.idleNs) / all));
    shares.paused.push(Math.min(1, paused / wall));
    from = to;
  }
  return shares;
}
