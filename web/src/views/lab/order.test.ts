import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../engine/types';
import { orderOf, orderSentence } from './order';

const told = (result: Record<string, unknown>): RunResult => ({ result }) as unknown as RunResult;

describe('the order of a result', () => {
  it('is its list of numbers or names, and no other list', () => {
    expect(orderOf(told({ order: [9, 0, 1] }))).toEqual([9, 0, 1]);
    expect(orderOf(told({ order: ['C0', 'A0', 'B0'] }))).toEqual(['C0', 'A0', 'B0']);
    expect(orderOf(told({ order: ['4', '0', '1'] }))).toEqual([4, 0, 1]);
    expect(orderOf(told({ ran_before_return: [60, 17] }))).toEqual([]);
    expect(orderOf(null)).toEqual([]);
  });
});

describe('an order in a sentence', () => {
  it.each([
    [[], ''], [[0], 'Only 0 ran.'], [[0, 1, 2], 'They ran in the order in which they were created.'], [[2, 1, 0], 'They ran in the reverse of the order in which they were created.'],
    [[9, 0, 1, 2], 'The last one created, 9, ran first, because it stood in runnext; the others followed in the order of their creation. A bar before a cell marks a step back.'],
    [[0, 3, 2, 1], '0 ran first and 1 last of 4. A bar before a cell marks a step back.'],
    [['C0', 'A0', 'B0', 'C1', 'A1', 'B1'], 'The letter is the goroutine, the number its turn, from 0. In each of 2 rounds the 3 came in the same order: C, A, B.'],
    [['B0', 'A0', 'A1', 'B1'], 'The letter is the goroutine, the number its turn, from 0. B0 came first and B1 last; the order was not the same in each round.'],
    [['A0', 'A1'], 'The number is the turn, from 0: there was nobody to share them with.'],
    [['M', 'R', 'X1', 'X0'], 'M is the goroutine that sends, R the one that waited for it, X those that stood in the queue. M came first and X0 last of 4.'],
    [['g4', 'g0', 'main'], 'main is the goroutine that yields, the others are those it started. g4 came first and main last of 3.'],
  ])('%j', (order, sentence) => expect(orderSentence(order)).toBe(sentence));
});
