import { expect, test } from 'vitest';
import { LIVE_BYTES, readLiveBlock } from './live-block';

/** Puts 64-bit words where docs/engine-interface.md says they are. */
function block(lines: Record<number, (number | bigint)[]>): Uint32Array {
  const words = new BigUint64Array(LIVE_BYTES / 8);
  for (const [line, values] of Object.entries(lines)) values.forEach((value, word) => (words[Number(line) * 8 + word] = BigInt.asUintN(64, BigInt(value))));
  return new Uint32Array(words.buffer);
}

test('the live block is as long as its two header lines, 64 Ps, 96 Ms and three of the heap', () => expect(LIVE_BYTES).toBe(165 * 64));

test('every word of the layout is read into its field', () => {
  const snapshot = readLiveBlock(
    block({
      0: [2, 1, 3, 5_000_000_000n, 77, 2, 3, 9],
      1: [4, 8, 100, 20_000_000_000n, 1, 2, 123_456_789_012n, 6],
      3: [2, 3, 41, 5n + (1n << 32n), 61, 7n + (3n << 32n), 11, 4_999_999_999n],
      68: [4, 2, 41],
    }),
  );
  expect(snapshot).toMatchObject({
    state: 'running', run: 3, elapsedNs: 5e9, heartbeat: 77, globalQueue: 9,
    progressDone: 4, progressTotal: 8, goroutines: 100, goroutinesCreated: 2e10, idlePs: 1, spinningMs: 2, workDone: 123456789012, eventsDropped: 6,
  });
  expect(snapshot?.ps).toHaveLength(2);
  expect(snapshot?.ps[1]).toEqual({ id: 1, status: 2, m: 2, g: 41, queue: 5, runnext: true, schedtick: 61, stolenIn: 7, steals: 3, stolenOut: 11, busyNs: 4999999999 });
  expect(snapshot?.ms).toHaveLength(3);
  expect(snapshot?.ms[2]).toEqual({ id: 2, state: 4, p: 1, g: 41 });
});

test('a P without an M and a goroutine says so', () => {
  expect(readLiveBlock(block({ 0: [2, 0, 0, 0, 0, 1, 0] }))?.ps[0]).toMatchObject({ m: -1, g: 0, runnext: false });
});

test('another layout is not guessed at', () => expect(readLiveBlock(block({ 0: [1, 1] }))).toBeNull());

test('more Ps than there are lines are not read past the end', () => {
  const snapshot = readLiveBlock(block({ 0: [2, 1, 1, 0, 0, 1000, 1000] }));
  expect([snapshot?.ps.length, snapshot?.ms.length]).toEqual([64, 96]);
});

test('the three lines of the heap are read, all ones as no limit, GOGC with its sign', () => {
  const ones = (1n << 64n) - 1n;
  const heap = readLiveBlock(
    block({
      0: [2, 1, 1],
      162: [2, 7, 5_000_000_000n, ones, 4, 5, ones, 6],
      163: [11, 12, 13, 14, -1, 15, 16, 17],
      164: [21, 22, 23, 24, 25, 26, 27, 28],
    }),
  )?.heap;
  expect(heap).toEqual({
    phase: 2, cycles: 7, live: 5e9, goal: Infinity, trigger: 4, inUse: 5, limit: Infinity, marked: 6,
    allocatedBytes: 11, allocatedObjects: 12, freedBytes: 13, freedObjects: 14, gogc: -1, budget: 15, objectBytes: 16, mapped: 17,
    assistNs: 21, markNs: 22, idleNs: 23, pausedNs: 24, waiting: 25, finalizersQueued: 26, finalizersRun: 27, forced: 28,
  });
  expect(readLiveBlock(block({ 0: [2, 1, 1], 163: [0, 0, 0, 0, 150] }))?.heap).toBeNull();
  expect(readLiveBlock(block({ 0: [2, 1, 1], 162: [1], 163: [0, 0, 0, 0, 150] }))?.heap?.gogc).toBe(150);
});
