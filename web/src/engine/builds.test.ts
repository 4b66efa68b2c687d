import { describe, expect, test } from 'vitest';
import { allocateMemory, defaultThreads, LEAST_MEMORY, MAX_THREADS, memoryFor, threadsFor, withDeadline } from './builds';

const MIB = 1 << 20;

/** A browser that gives at most so much. */
const giving = (most: number) => (pages: number) => {
  if (pages * 65536 > most) throw new RangeError('could not allocate memory');
  return { pages } as unknown as WebAssembly.Memory;
};

describe('memory', () => {
  test('is 128 MiB where the browser gives it', () => expect(allocateMemory(undefined, giving(Infinity)).bytes).toBe(128 * MIB));
  test('is halved until the browser gives it', () => expect(allocateMemory(undefined, giving(40 * MIB)).bytes).toBe(LEAST_MEMORY));
  test('of a large heap falls back to the default before it gets less', () => expect(allocateMemory(448 * MIB, giving(200 * MIB)).bytes).toBe(128 * MIB));
  test('is the heap and 64 MiB beside it, in steps of 64, and never below the default', () => {
    expect([0, NaN, 1, 64, 65, 128, 200, 100_000].map((heap) => memoryFor(heap) / MIB)).toEqual([128, 128, 128, 128, 192, 192, 320, 4096]);
  });
  test('of less than 32 MiB is no use', () => expect(() => allocateMemory(undefined, giving(16 * MIB))).toThrow(RangeError));
  test('refused for another reason is not asked for again', () => {
    let asked = 0;
    const make = (): WebAssembly.Memory => {
      asked++;
      throw new TypeError('shared');
    };
    expect(() => allocateMemory(undefined, make)).toThrow(TypeError);
    expect(asked).toBe(1);
  });
  test('is shared and cannot grow', () => {
    const { memory } = allocateMemory(LEAST_MEMORY);
    expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(() => memory.grow(1)).toThrow();
  });
});

test('the pool follows the machine, between two and eight processors', () => {
  expect([undefined, 1, 4, 64].map(defaultThreads)).toEqual([8, 8, 10, 14]);
});

test('a run with more Ps asks for more threads, up to the cap', () => {
  expect(threadsFor(2)).toBe(8);
  expect(threadsFor(64)).toBe(70);
  expect(threadsFor(1000)).toBe(MAX_THREADS);
});

test('a deadline rejects with its sentence, and does not disturb what is in time', async () => {
  await expect(withDeadline(new Promise(() => {}), 5, 'too late')).rejects.toThrow('too late');
  await expect(withDeadline(Promise.resolve(7), 1000, 'too late')).resolves.toBe(7);
});
