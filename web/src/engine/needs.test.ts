import { expect, test } from 'vitest';
import { DEFAULT_MEMORY, defaultThreads, MAX_THREADS, mostProcs, needsOf, Room } from './needs';

const MIB = 1 << 20;
const threads = (experiment: string, parameters: Record<string, number | string>): number => needsOf(experiment, parameters).threads;
const mib = (parameters: Record<string, number>): number => needsOf('any', parameters).memory / MIB;

test('the pool follows the machine, between two and eight processors', () => {
  expect([undefined, 1, 4, 64].map(defaultThreads)).toEqual([8, 8, 10, 14]);
});

test('a run with more Ps asks for more threads, up to the cap, and a simulated one for none', () => {
  expect([2, 64, 1000].map((procs) => threads('mine', { procs }))).toEqual([8, 70, MAX_THREADS]);
  expect(threads('mine', {})).toBe(7);
  expect(threads('mine', { procs: 64, time: 'virtual' })).toBe(0);
});

test('goroutines in blocking calls ask for a thread each, so that none is refused', () => {
  // The supervisor, sysmon, a P and the one that it may get, and as many as are in calls.
  expect(threads('blocking-calls', { procs: 1, goroutines: 20 })).toBe(2 + 2 + 20);
  expect(threads('blocking-calls', { procs: 8, goroutines: 1000 })).toBe(MAX_THREADS);
  expect(threads('mine', { procs: 1, goroutines: 20 })).toBe(7);
});

test('in every engine a run can go on to twice its Ps, up to eight, where the cap leaves room', () => {
  for (const experiment of ['mine', 'blocking-calls']) {
    for (let procs = 1; procs <= 16; procs++) {
      const parameters = { procs, goroutines: 20 };
      expect(mostProcs(threads(experiment, parameters), experiment, parameters)).toBeGreaterThanOrEqual(Math.max(procs, Math.min(8, 2 * procs)));
    }
  }
  expect(mostProcs(8, 'mine', { procs: 2 })).toBe(6);
  expect(mostProcs(MAX_THREADS, 'blocking-calls', { procs: 2, goroutines: 1000 })).toBe(2);
});

test('memory is what the heap and the goroutines take, 64 MiB beside them and more beside a large heap, in steps of 64, and never below the default', () => {
  expect([0, NaN, 1, 64, 65, 128, 200, 2047, 100_000].map((heap) => mib({ heap }))).toEqual([128, 128, 128, 128, 192, 256, 320, 2624, 4032]);
  expect([8, 100_000, 1_000_000].map((goroutines) => mib({ goroutines }))).toEqual([128, 128, 384]);
  expect(mib({ heap: 64, goroutines: 8 })).toBe(128);
  expect(mib({ heap: 64, goroutines: 1_000_000 })).toBe(448);
  expect(needsOf('any', {}).memory).toBe(DEFAULT_MEMORY);
});

test('an engine has room again for what it had room for, but not for ever larger heaps', () => {
  const take = (room: Room, parameters: Record<string, number>): boolean => room.take(needsOf('any', parameters), 192 * MIB);
  const room = new Room();
  expect([68, 68, 32, 68, 100].map((heap) => take(room, { heap }))).toEqual([true, true, true, true, false]);
  expect([96, 128].map((heap) => take(new Room(), { heap }))).toEqual([true, false]);
  const crowded = new Room();
  expect([take(crowded, { goroutines: 400_000 }), take(crowded, { heap: 32 }), take(crowded, { heap: 64 })]).toEqual([true, true, false]);
});
