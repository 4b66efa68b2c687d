import { expect, test } from 'vitest';
import { decodeHeapMap } from '../../engine/heap-map';
import { fakeHeapRecords } from '../../engine/testing/fake-heap';
import { mapLayout, pageAt, step } from './heap-map-layout';
import { nextStep } from './StepField';

test('all pages fit, in cells as large as they can be, at any width', () => {
  for (const width of [320, 366, 700, 1040]) {
    for (const grown of [1, 500, 8192, 60_000]) {
      const layout = mapLayout(width, grown);
      expect(layout.columns * layout.cell).toBeLessThanOrEqual(width);
      expect(layout.columns * layout.rows).toBeGreaterThanOrEqual(grown);
      if (grown <= 8192) expect(layout.height).toBeLessThanOrEqual(360);
    }
  }
});

test('the map keeps its shape while the arena grows a little', () => {
  expect(mapLayout(700, 300)).toEqual(mapLayout(700, 500));
});

test('a point is a page, and outside of them none', () => {
  const layout = mapLayout(700, 256);
  expect([pageAt(layout, 0, 0), pageAt(layout, layout.cell * 1.5, layout.cell * 1.5), pageAt(layout, 699.9, 0), pageAt(layout, 0, 359)]).toEqual([
    0, layout.columns + 1, layout.columns * layout.cell < 699.9 ? -1 : layout.columns - 1, -1,
  ]);
});

test('to the left and right a span is one step, up and down a row; nothing leads out of the arena', () => {
  const map = decodeHeapMap(fakeHeapRecords());
  const layout = mapLayout(160, map.grown);
  const from = (page: number, ...keys: string[]): number => keys.reduce((at, key) => step(map, layout, at, key), page);
  expect(from(2, 'ArrowRight', 'ArrowRight')).toBe(5);
  expect(from(5, 'ArrowLeft')).toBe(3);
  expect(from(3, 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft')).toBe(0);
  expect(from(0, 'ArrowDown')).toBe(10);
  expect(from(0, 'End', 'ArrowRight')).toBe(63);
  expect(from(0, 'x')).toBe(0);
});

test('the usual values follow one another, also from a value between them', () => {
  expect([nextStep([10, 50, 100], 50, 1), nextStep([10, 50, 100], 60, 1), nextStep([10, 50, 100], 60, -1), nextStep([10, 50, 100], 100, 1)]).toEqual([100, 100, 50, null]);
});
