import { expect, test } from 'vitest';
import { labelPlace } from './timeline-draw';

test('a label stands at the beginning of its slice', () => {
  expect(labelPlace([], 100, 200, 40)).toBe(105);
  expect(labelPlace([20, 190], 100, 200, 40)).toBe(105);
});

test('a label makes way for the arrows that cross its lane, and for all of them', () => {
  const x = labelPlace([100, 118, 150], 100, 300, 40)!;
  for (const arrow of [100, 118, 150]) expect(arrow < x - 6 || arrow > x + 40 + 6).toBe(true);
  expect(x).toBeLessThan(180);
});

test('a label that has no room beside the arrows is left out', () => {
  expect(labelPlace([120, 160], 100, 200, 60)).toBeNull();
  expect(labelPlace([], 100, 140, 60)).toBeNull();
});
