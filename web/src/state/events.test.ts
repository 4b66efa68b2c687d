import { describe, expect, it } from 'vitest';
import { EventKind } from '../engine/types';
import { EVENT_BYTES, EventStore } from './events';
import { latencyBucket } from './latency';
import { GState } from './population';
import { STOP } from './reasons';
import { EventWriter, random, storeOf, synthesize } from './synthetic-events';

function settle(store: EventStore): void {
  while (!store.pump(1000));
}

describe('slices', () => {
  it('a run event ends the slice before it, and gives it the reason', () => {
    const store = storeOf((w) => {
      w.write({ timeNs: 10, kind: EventKind.GoRun, p: 1, g: 5, a: 3, b: 1 });
      w.write({ timeNs: 30, kind: EventKind.GoRun, p: 1, g: 6, a: 3, reason: STOP.wait + 1 });
      w.write({ timeNs: 45, kind: EventKind.ProcIdle, p: 1, a: 3, reason: STOP.exit });
    });
    expect(store.lanes).toHaveLength(2);
    expect(store.slice(1, 0)).toEqual({ p: 1, g: 5, startNs: 10, endNs: 30, inherited: true, stopReason: STOP.wait + 1, m: 3 });
    expect(store.slice(1, 1)).toEqual({ p: 1, g: 6, startNs: 30, endNs: 45, inherited: false, stopReason: STOP.exit, m: 3 });
  });

  it('the slice still running has no end yet', () => {
    const store = storeOf((w) => w.write({ timeNs: 10, kind: EventKind.GoRun, p: 0, g: 5 }));
    expect(store.slice(0, 0).endNs).toBe(Infinity);
    expect(store.slicesIn(0, 1e12, 2e12)).toEqual({ from: 0, to: 1 });
  });

  it('slicesIn gives exactly the slices that touch the time asked for', () => {
    const log = synthesize({ procs: 3, events: 3000, seed: 7, sliceNs: 500 });
    const store = new EventStore();
    store.append(log.bytes, 0);
    settle(store);
    const next = random(11);
    for (let i = 0; i < 200; i++) {
      const p = Math.floor(next() * 3);
      const t0 = Math.floor(next() * log.endNs);
      const t1 = t0 + Math.floor(next() * 20_000);
      const { from, to } = store.slicesIn(p, t0, t1);
      const found = [];
      for (let row = from; row < to; row++) found.push(store.slice(p, row).startNs);
      const wanted = log.slices.filter((s) => s.p === p && s.endNs > t0 && s.startNs <= t1).map((s) => s.startNs);
      expect(found.slice(0, wanted.length), `seed 7, case ${i}`).toEqual(wanted);
    }
  });

  it('agrees with what was played, whatever the size of the batches', () => {
    for (const [procs, batch] of [[1, 1], [4, 7], [8, 1000], [64, 16384]] as const) {
      const log = synthesize({ procs, events: 5000, seed: procs, sliceNs: 1000 });
      const store = new EventStore();
      for (let at = 0; at < log.bytes.length; at += batch * EVENT_BYTES) {
        store.append(log.bytes.subarray(at, at + batch * EVENT_BYTES), 0);
      }
      settle(store);
      expect(store.count).toBe(log.events);
      for (let p = 0; p < procs; p++) {
        const wanted = log.slices.filter((slice) => slice.p === p);
        wanted.forEach((slice, row) => {
          expect(store.slice(p, row)).toMatchObject({ g: slice.g, startNs: slice.startNs, endNs: slice.endNs, stopReason: slice.reason });
        });
      }
    }
  });

  it('agrees when each P is drained after the other, so that a batch is out of order', () => {
    const log = synthesize({ procs: 4, events: 4000, seed: 3, sliceNs: 1000 });
    const records = [];
    for (let i = 0; i < log.events; i++) records.push(log.bytes.subarray(i * EVENT_BYTES, (i + 1) * EVENT_BYTES));
    const pOf = (bytes: Uint8Array): number => bytes[14]! | (bytes[15]! << 8);
    const byP = [...records].sort((x, y) => pOf(x) - pOf(y));
    const shuffled = new Uint8Array(log.bytes.length);
    byP.forEach((record, i) => shuffled.set(record, i * EVENT_BYTES));
    const store = new EventStore();
    store.append(shuffled, 0);
    settle(store);
    expect(store.latency.samples).toBe(log.latenciesNs.length);
    const counts = new Float64Array(store.latency.counts.length);
    for (const ns of log.latenciesNs) counts[latencyBucket(ns)]! += 1;
    expect(store.latency.counts).toEqual(counts);
  });

  it('agrees when several drains, each of one P, come in one turn', () => {
    const log = synthesize({ procs: 3, events: 60_000, seed: 8, sliceNs: 1000 });
    const records = Array.from({ length: log.events }, (_, i) => log.bytes.subarray(i * EVENT_BYTES, (i + 1) * EVENT_BYTES));
    const store = new EventStore();
    for (let p = 0; p < 3; p++) for (const record of records) if (record[14] === p) store.append(record, 0);
    settle(store);
    expect(store.latency.samples).toBe(log.latenciesNs.length);
  });

  it('the time a P was busy, by sweep, is the sum of its slices', () => {
    const log = synthesize({ procs: 2, events: 2000, seed: 5, sliceNs: 300 });
    const store = new EventStore();
    store.append(log.bytes, 0);
    settle(store);
    const lane = store.lanes[1]!;
    let row = 0;
    for (let t = 0; t < log.endNs * 0.9; t += 997) {
      row = lane.seek(t, row);
      const wanted = log.slices.filter((s) => s.p === 1).reduce((sum, s) => sum + Math.max(0, Math.min(t, s.endNs) - Math.min(t, s.startNs)), 0);
      expect(lane.busyUntil(t, row)).toBe(wanted);
    }
  });
});

describe('blocking calls', () => {
  it('a call is drawn on its P until the goroutine is back', () => {
    const store = storeOf((w) => {
      w.write({ timeNs: 0, kind: EventKind.GoRun, p: 0, g: 1 });
      w.write({ timeNs: 10, kind: EventKind.SyscallEnter, p: 0, g: 1, a: 2 });
      w.write({ timeNs: 40, kind: EventKind.SyscallExit, p: 0, g: 1, reason: 0 });
      w.write({ timeNs: 50, kind: EventKind.ProcIdle, p: 0, reason: STOP.exit });
    });
    const { calls } = store.lanes[0]!;
    expect([calls.length, calls.at.start[0], calls.at.end[0]]).toEqual([1, 10, 40]);
    expect(store.slice(0, 0).endNs).toBe(50);
  });

  it('a hand-off ends the slice, and the goroutine is counted in its call until it is queued', () => {
    const store = storeOf((w) => {
      w.write({ timeNs: 0, kind: EventKind.GoCreate, p: 0, g: 1 });
      w.write({ timeNs: 0, kind: EventKind.GoRun, p: 0, g: 1 });
      w.write({ timeNs: 1000, kind: EventKind.SyscallEnter, p: 0, g: 1, a: 2 });
      w.write({ timeNs: 2000, kind: EventKind.Handoff, g: 1, a: 0 });
      w.write({ timeNs: 5000, kind: EventKind.SyscallExit, g: 1, reason: 2 });
      w.write({ timeNs: 6000, kind: EventKind.GoRun, p: 0, g: 1 });
      w.write({ timeNs: 8000, kind: EventKind.ProcIdle, p: 0, reason: STOP.exit });
    });
    expect(store.slice(0, 0)).toMatchObject({ endNs: 2000, stopReason: STOP.syscall });
    const { widthNs, states } = store.states();
    expect(widthNs).toBe(1000);
    expect(Array.from(states[GState.Running]!)).toEqual([1, 0, 0, 0, 0, 0, 1, 1, 0]);
    expect(Array.from(states[GState.InCall]!)).toEqual([0, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect(Array.from(states[GState.Runnable]!)).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0]);
    expect(store.handoffs.length).toBe(1);
  });
});

describe('a goroutine that waits from the start', () => {
  it('is counted as waiting until somebody readies it', () => {
    const { states } = storeOf((w) => {
      w.write({ timeNs: 0, kind: EventKind.GoCreate, p: 0, g: 2, reason: 1 });
      w.write({ timeNs: 1000, kind: EventKind.GoReady, p: 0, g: 2 });
      w.write({ timeNs: 2000, kind: EventKind.GoRun, p: 0, g: 2 });
      w.write({ timeNs: 3000, kind: EventKind.ProcIdle, p: 0, reason: STOP.wait });
      w.write({ timeNs: 3999, kind: EventKind.GoReady, p: 0, g: 2 });
    }).states();
    expect(Array.from(states[GState.Waiting]!).map(Math.round)).toEqual([1, 0, 0, 1]);
    expect(Array.from(states[GState.Runnable]!).map(Math.round)).toEqual([0, 1, 0, 0]);
    expect(Array.from(states[GState.Running]!).map(Math.round)).toEqual([0, 0, 1, 0]);
  });
});

describe('a park that did not happen', () => {
  it('leaves no one waiting: the goroutine goes on at once', () => {
    const store = storeOf((w) => {
      w.write({ timeNs: 0, kind: EventKind.GoCreate, p: 0, g: 1 });
      w.write({ timeNs: 0, kind: EventKind.GoRun, p: 0, g: 1 });
      w.write({ timeNs: 1000, kind: EventKind.GoRun, p: 0, g: 1, reason: STOP.wait + 1, b: 1 });
      w.write({ timeNs: 3000, kind: EventKind.ProcIdle, p: 0, reason: STOP.exit });
    });
    const { states } = store.states();
    expect(states.map((state) => Array.from(state))).toEqual([[1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]);
  });
});

describe('populations', () => {
  it('a bucket is the exact mean over its time', () => {
    const store = storeOf((w) => {
      w.write({ timeNs: 0, kind: EventKind.GoCreate, p: 0, g: 1 });
      w.write({ timeNs: 250, kind: EventKind.GoRun, p: 0, g: 1 });
      w.write({ timeNs: 2000, kind: EventKind.ProcIdle, p: 0, reason: STOP.wait + 1 });
    });
    const { states } = store.states();
    expect(states[GState.Runnable]![0]).toBeCloseTo(0.25);
    expect(states[GState.Running]![0]).toBeCloseTo(0.75);
    expect(states[GState.Running]![1]).toBe(1);
    expect(states[GState.Waiting]![2]).toBe(1);
  });

  it('stay the same mean when the buckets widen', () => {
    const store = storeOf((w) => {
      w.write({ timeNs: 0, kind: EventKind.GoCreate, p: 0, g: 1 });
      w.write({ timeNs: 0, kind: EventKind.GoRun, p: 0, g: 1 });
      w.write({ timeNs: 1_000_000, kind: EventKind.ProcIdle, p: 0, reason: STOP.exit });
      w.write({ timeNs: 60e9, kind: EventKind.GoCreate, p: 0, g: 2 });
    });
    const { widthNs, states } = store.states();
    expect(states[GState.Running]![0]! * widthNs).toBeCloseTo(1_000_000);
  });

  it('in all, never count more than there are', () => {
    const log = synthesize({ procs: 4, events: 20_000, seed: 9, sliceNs: 2000 });
    const store = new EventStore();
    store.append(log.bytes, 0);
    settle(store);
    const { states } = store.states();
    for (let i = 0; i < states[0]!.length; i++) expect(states[GState.Running]![i]).toBeLessThanOrEqual(4 + 1e-9);
  });
});

describe('latencies', () => {
  it('are the time from ready to run', () => {
    const store = storeOf((w) => {
      w.write({ timeNs: 100, kind: EventKind.GoCreate, p: 0, g: 1 });
      w.write({ timeNs: 400, kind: EventKind.GoRun, p: 0, g: 1 });
      w.write({ timeNs: 500, kind: EventKind.ProcIdle, p: 0, reason: STOP.wait + 1 });
      w.write({ timeNs: 900, kind: EventKind.GoReady, p: 0, g: 1 });
      w.write({ timeNs: 5000, kind: EventKind.GoRun, p: 0, g: 1 });
    });
    expect(store.latency.samples).toBe(2);
    expect(store.latency.counts[latencyBucket(300)]).toBe(1);
    expect(store.latency.counts[latencyBucket(4100)]).toBe(1);
  });

  it('of a preempted goroutine start where it was preempted', () => {
    const store = storeOf((w) => {
      w.write({ timeNs: 0, kind: EventKind.GoRun, p: 0, g: 1 });
      w.write({ timeNs: 1000, kind: EventKind.GoRun, p: 0, g: 2, reason: STOP.preempted });
      w.write({ timeNs: 3000, kind: EventKind.GoRun, p: 0, g: 1, reason: STOP.exit });
    });
    expect(store.latency.counts[latencyBucket(2000)]).toBe(1);
  });
});

describe('the small tables', () => {
  it('hold steals, preemptions, marks and stops of the world', () => {
    const store = storeOf((w) => {
      w.write({ timeNs: 10, kind: EventKind.Steal, p: 1, a: 0, b: 3, g: 9 });
      w.write({ timeNs: 20, kind: EventKind.Preempt, p: 0, g: 4, b: 10_000_000 });
      w.write({ timeNs: 30, kind: EventKind.User, p: 0, g: 4, a: 1, b: 91_233 });
      w.write({ timeNs: 40, kind: EventKind.StwBegin, g: 4, reason: 2 });
      w.write({ timeNs: 50, kind: EventKind.StwStopped });
      w.write({ timeNs: 60, kind: EventKind.StwEnd, b: 20 });
      w.write({ timeNs: 70, kind: EventKind.Fatal, a: 2 });
    });
    expect([store.steals.at.thief[0], store.steals.at.victim[0], store.steals.at.taken[0]]).toEqual([1, 0, 3]);
    expect(store.preempts.at.value[0]).toBe(10_000_000);
    expect([store.marks.at.kind[0], store.marks.at.value[0]]).toEqual([1, 91_233]);
    expect([store.stops.at.start[0], store.stops.at.stopped[0], store.stops.at.end[0]]).toEqual([40, 50, 60]);
    expect(store.fatal).toMatchObject({ timeNs: 70, a: 2 });
  });

  it('rates count what happened, per second', () => {
    const store = storeOf((w) => {
      for (let i = 0; i < 100; i++) w.write({ timeNs: i * 1e7, kind: EventKind.Steal, p: 1, a: 0, b: 1, g: 1 });
    });
    const { widthNs, stealsPerSecond } = store.ratesOverTime();
    const sum = stealsPerSecond.reduce((total, rate, i) => total + (rate * Math.min(widthNs, 0.99e9 - i * widthNs)) / 1e9, 0);
    expect(sum).toBeCloseTo(100, 6);
  });
});

describe('bounds', () => {
  it('gives back each event as it was written', () => {
    const store = storeOf((w) => w.write({ timeNs: 2 ** 40 + 5, kind: EventKind.GoReady, reason: 9, p: 63, g: 2 ** 31 + 1, a: 7, b: 2 ** 45 + 1 }));
    expect(store.eventAt(0)).toEqual({ timeNs: 2 ** 40 + 5, seq: 1, kind: EventKind.GoReady, reason: 9, p: 63, g: 2 ** 31 + 1, a: 7, b: 2 ** 45 + 1 });
  });

  it('keeps the latest four million and counts those it forgot', () => {
    const store = new EventStore();
    const writer = new EventWriter();
    for (let i = 0; i < 65536; i++) writer.write({ timeNs: i, kind: i % 2 ? EventKind.ProcIdle : EventKind.GoRun, p: 0, g: 1, reason: STOP.exit });
    const bytes = writer.take();
    const times = new DataView(bytes.buffer);
    for (let chunk = 0; chunk < 66; chunk++) {
      store.append(bytes, chunk);
      for (let i = 0; i < 65536; i++) times.setUint32(i * EVENT_BYTES, (chunk + 1) * 65536 + i, true);
    }
    settle(store);
    expect(store.count).toBe(4 * 1024 * 1024);
    expect(store.forgotten).toBe(2 * 65536);
    expect(store.dropped).toBe(65);
    expect(store.eventAt(0).timeNs).toBe(2 * 65536);
    expect(store.lanes[0]!.slices.length).toBeLessThanOrEqual(2 * 1024 * 1024 + 1);
  }, 60_000);

  it('is empty after clear', () => {
    const store = storeOf((w) => w.write({ timeNs: 10, kind: EventKind.GoRun, p: 0, g: 5 }));
    store.clear();
    expect([store.count, store.total, store.lastTimeNs, store.lanes.length, store.latency.samples]).toEqual([0, 0, 0, 0, 0]);
  });
});
