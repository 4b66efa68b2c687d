import { expect, test } from 'vitest';
import { decodeHeapMap, type HeapMap } from '../engine/heap-map';
import { fakeHeapRecords } from '../engine/testing/fake-heap';
import { SizeHistory, objectsByClass } from './size-history';

const map: HeapMap = decodeHeapMap(fakeHeapRecords());

test('the objects of a map are counted by class, large ones as class 0', () => {
  const objects = objectsByClass(map);
  expect([objects[0], objects[4], objects[35], objects[38], objects[5]]).toEqual([1, 200, 12, 3, 0]);
});

test('columns stay few and even, whatever the length of the run, and the last is the newest', () => {
  for (const samples of [10, 301, 5000]) {
    const history = new SizeHistory();
    for (let i = 0; i < samples; i++) history.push(i * 1e8, map);
    expect(history.columns.length).toBeLessThanOrEqual(300);
    expect(history.columns.length).toBeGreaterThanOrEqual(Math.min(samples, 100));
    expect(history.columns.at(-1)!.timeNs).toBeGreaterThan((samples - 1) * 1e8 * 0.98);
    const gaps = history.columns.slice(1, -1).map((column, i) => column.timeNs - history.columns[i]!.timeNs);
    expect(Math.max(...gaps) / Math.min(...gaps)).toBeLessThanOrEqual(3);
  }
});

test('a sample at the same time replaces the one before', () => {
  const history = new SizeHistory();
  for (let i = 0; i < 5; i++) history.push(7, map);
  expect(history.columns).toHaveLength(1);
});
