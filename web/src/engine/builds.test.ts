import { describe, expect, test } from 'vitest';
import { allocateMemory, LEAST_MEMORY, withDeadline } from './builds';

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

test('a deadline rejects with its sentence, and does not disturb what is in time', async () => {
  await expect(withDeadline(new Promise(() => {}), 5, 'too late')).rejects.toThrow('too late');
  await expect(withDeadline(Promise.resolve(7), 1000, 'too late')).resolves.toBe(7);
});
