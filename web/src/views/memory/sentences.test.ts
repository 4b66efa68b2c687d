import { describe, expect, it } from 'vitest';
import type { LiveHeap } from '../../engine/types';
import { phaseSentence } from './sentences';

const MIB = 2 ** 20;
const plain = (text: string): string => text.replaceAll('\u202f', ' ');
const heap = (over: Partial<LiveHeap>): LiveHeap => ({ phase: 0, cycles: 3, gogc: -1, limit: Infinity, budget: 128 * MIB, trigger: 118 * MIB, ...over }) as LiveHeap;

describe('with GOGC off', () => {
  it.each([
    [{}, 'GOGC is off and there is no limit: a collection comes when the 128 MiB that the heap can have are nearly used up, at 118 MiB.'],
    [{ limit: 64 * MIB }, 'GOGC is off: only the limit brings a collection.'],
    [{ limit: 2048 * MIB }, 'GOGC is off and the limit lies beyond the heap’s end: a collection comes when the 128 MiB that the heap can have are nearly used up, at 118 MiB.'],
  ])('and %j it is said what brings a collection', (over, sentence) => {
    for (const live of [true, false]) for (const cycles of [0, 3]) expect(plain(phaseSentence(heap({ ...over, cycles }), live))).toBe(sentence);
  });
});
