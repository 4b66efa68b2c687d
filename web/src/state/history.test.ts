import { describe, expect, it } from 'vitest';
import type { LiveHeap, LiveP, LiveSnapshot } from '../engine/types';
import { History } from './history';

function liveP(id: number, over: Partial<LiveP> = {}): LiveP {
  return { id, status: 1, m: id, g: 1, queue: 0, runnext: false, schedtick: 0, steals: 0, stolenIn: 0, stolenOut: 0, busyNs: 0, ...over };
}

function snapshot(elapsedMs: number, over: Partial<LiveSnapshot> = {}): LiveSnapshot {
  return {
    state: 'running', run: 1, elapsedNs: elapsedMs * 1e6, heartbeat: 0, globalQueue: 0, progressDone: 0, progressTotal: 0, goroutines: 0,
    goroutinesCreated: 0, idlePs: 0, spinningMs: 0, workDone: 0, eventsDropped: 0, ps: [liveP(0)], ms: [], heap: null, ...over,
  };
}

describe('History', () => {
  it('gives work per second from the counter', () => {
    const history = new History();
    for (let i = 0; i <= 10; i++) history.push(snapshot(i * 100, { workDone: i * 50 }));
    const rate = history.workRate();
    expect(rate.t).toHaveLength(10);
    for (const y of rate.y) expect(y).toBeCloseTo(500);
  });

  it('keeps a few hundred points, evenly, whatever the length of the run', () => {
    for (const samples of [100, 601, 1000, 10_000, 50_000]) {
      const history = new History();
      for (let i = 0; i < samples; i++) history.push(snapshot(i * 16, { workDone: i }));
      expect(history.points.length).toBeGreaterThan(Math.min(samples - 1, 290));
      expect(history.points.length).toBeLessThanOrEqual(600);
      const gaps = history.points.slice(1, -1).map((point, i) => point.elapsedNs - history.points[i]!.elapsedNs);
      expect(Math.max(...gaps) / Math.min(...gaps)).toBeLessThanOrEqual(3);
      expect(history.points.at(-1)!.elapsedNs).toBe((samples - 1) * 16e6);
      for (const y of history.workRate().y) expect(y).toBeCloseTo(62.5);
    }
  });

  it('replaces a sample at the same time, so no rate is infinite', () => {
    const history = new History();
    history.push(snapshot(5, { workDone: 1 }));
    history.push(snapshot(5, { workDone: 2 }));
    expect(history.points).toHaveLength(1);
    expect(history.workRate().y).toEqual([]);
  });

  it('starts anew with a new run', () => {
    const history = new History();
    history.push(snapshot(100));
    history.push(snapshot(0, { run: 2 }));
    expect(history.points).toHaveLength(1);
  });

  it('counts runnext as waiting, and knows the global queue', () => {
    const history = new History();
    history.push(snapshot(0, { globalQueue: 4, ps: [liveP(0, { queue: 2, runnext: true }), liveP(1, { steals: 3 })] }));
    history.push(snapshot(1000, { globalQueue: 5, ps: [liveP(0), liveP(1, { steals: 10 })] }));
    expect(history.queue(0).y).toEqual([3, 0]);
    expect(history.queue(-1).y).toEqual([4, 5]);
    expect(history.procs).toBe(2);
    expect(history.stealRate()).toEqual({ t: [1], y: [7] });
  });
});

describe('the heap', () => {
  const heap = (over: Partial<LiveHeap>): LiveHeap => ({ goal: Infinity, allocatedBytes: 0, ...over }) as LiveHeap;

  it('is sampled over the run, and what has no limit leaves no point', () => {
    const history = new History();
    expect(history.hasHeap).toBe(false);
    history.push(snapshot(0, { heap: heap({ live: 10, goal: 20 }) }));
    history.push(snapshot(500, { heap: heap({ live: 30, allocatedBytes: 100 }) }));
    history.push(snapshot(1000, { heap: heap({ live: 20, goal: 40, allocatedBytes: 400 }) }));
    expect(history.hasHeap).toBe(true);
    expect(history.heap((h) => h.live)).toEqual({ t: [0, 0.5, 1], y: [10, 30, 20] });
    expect(history.heap((h) => h.goal)).toEqual({ t: [0, 1], y: [20, 40] });
    expect(history.heapRate((h) => h.allocatedBytes)).toEqual({ t: [0.5, 1], y: [200, 600] });
  });

  it('of a run without one gives empty lines', () => {
    const history = new History();
    history.push(snapshot(0));
    expect([history.hasHeap, history.heap((h) => h.live).t.length]).toEqual([false, 0]);
  });
});
