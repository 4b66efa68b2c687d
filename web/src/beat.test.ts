import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BEAT_MS, onBeat, untilBeat } from './beat';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('those who began at different times are called at the same moments', () => {
  const heard: [who: string, at: number][] = [];
  const stops = [onBeat(() => heard.push(['a', performance.now()]))];
  vi.advanceTimersByTime(20);
  stops.push(onBeat(() => heard.push(['b', performance.now()])));
  vi.advanceTimersByTime(4 * BEAT_MS);
  const times = (who: string): number[] => heard.filter(([name]) => name === who).map(([, at]) => Math.round(at / BEAT_MS));
  expect(times('b').length).toBeGreaterThanOrEqual(3);
  expect(times('a')).toEqual(expect.arrayContaining(times('b')));
  for (const stop of stops) stop();
  const before = heard.length;
  vi.advanceTimersByTime(4 * BEAT_MS);
  expect(heard).toHaveLength(before);
});

test('a timer that comes early does not make a beat of its own', () => {
  expect(untilBeat(0)).toBe(BEAT_MS);
  expect(untilBeat(0.5 * BEAT_MS)).toBeCloseTo(0.5 * BEAT_MS);
  expect(untilBeat(BEAT_MS - 0.1)).toBeCloseTo(BEAT_MS + 0.1);
});
