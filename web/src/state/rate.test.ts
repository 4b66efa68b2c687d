import { expect, test } from 'vitest';
import { RateMeter } from './rate';

test('nothing is told of one sample', () => expect(new RateMeter().push(0, 0)).toBeNull());

test('the rate is that of about the last second', () => {
  const meter = new RateMeter();
  for (let ms = 0; ms <= 5000; ms += 100) meter.push(ms * 1e6, ms * 10);
  // From now on twice as fast: after a second the old rate is forgotten.
  let rate: number | null = 0;
  for (let ms = 5100; ms <= 6200; ms += 100) rate = meter.push(ms * 1e6, 50_000 + (ms - 5000) * 20);
  expect(rate).toBeCloseTo(20_000, 0);
});

test('a clock that stands still gives no rate', () => {
  const meter = new RateMeter();
  meter.push(5, 1);
  expect(meter.push(5, 2)).toBeNull();
});
