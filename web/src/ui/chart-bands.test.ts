import { expect, test } from 'vitest';
import { type BandSpan, hasRoomForLines, stretches } from './chart-bands';

const spans: BandSpan[] = [
  { mark: 'gc', from: 1, to: 2 }, { mark: 'stw', from: 1, to: 1.0001 }, { mark: 'gc', from: 5, to: 5.001 }, { mark: 'gc', from: 5.05, to: 5.06 }, { mark: 'gc', from: 9, to: Infinity },
];
const toPx = (value: number): number => value * 10;

test('bands are at least a pixel wide, those that touch are one, an open one reaches to the end', () => {
  expect(stretches(spans, 'gc', toPx, 0, 95)).toEqual([{ x: 10, width: 10 }, { x: 50, width: 1.5 }, { x: 90, width: 5 }]);
  expect(stretches(spans, 'stw', toPx, 0, 95)).toEqual([{ x: 10, width: 1 }]);
});

test('what lies outside is left out, what reaches in is cut', () => {
  expect(stretches(spans, 'gc', toPx, 15, 40)).toEqual([{ x: 15, width: 5 }]);
});

test('a thousand collections cost no more than the chart is wide', () => {
  const many = Array.from({ length: 1000 }, (_, i): BandSpan => ({ mark: 'gc', from: i / 100, to: i / 100 + 0.001 }));
  expect(stretches(many, 'gc', toPx, 0, 100).length).toBeLessThanOrEqual(100);
});

test('stops that would fill the chart with their lines have none', () => {
  const stops = (n: number): BandSpan[] => Array.from({ length: n }, (_, i) => ({ mark: 'stw', from: i, to: i }));
  expect(hasRoomForLines([...stops(30), ...spans], 300)).toBe(true);
  expect(hasRoomForLines(stops(60), 300)).toBe(false);
});
