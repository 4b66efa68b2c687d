import { expect, test } from 'vitest';
import { duration } from '../views/format';
import { tickText } from './chart-config';

const plain = (text: string | null): string | null => text?.replaceAll('\u202f', ' ') ?? null;
const time = { title: 'time', format: (seconds: number) => duration(seconds * 1e9), log: true };

test('zeros at the end of a tick are left out', () => {
  expect(plain(tickText({ title: 'time', format: () => '1.50 k' }, 1500))).toBe('1.5 k');
  expect(plain(tickText({ title: 'time', format: () => '2.00 s' }, 2))).toBe('2 s');
});

test('a long logarithmic axis has a figure a decade, a short one three', () => {
  const written = (min: number, max: number): (string | null)[] => [0.01, 0.02, 0.03, 0.05, 0.1].map((value) => plain(tickText({ ...time, min, max }, value)));
  expect(written(1e-6, 1)).toEqual(['10 ms', null, null, null, '100 ms']);
  expect(written(0.01, 0.2)).toEqual(['10 ms', '20 ms', null, '50 ms', '100 ms']);
});
