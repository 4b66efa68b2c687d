import { describe, expect, it } from 'vitest';
import { bytes, count, duration, grouped, metricUnit, moment, percent, plural, rate, si, significant, singular, withUnit } from './format';

/** Narrow no-break spaces as plain ones, so that the expectations can be read. */
const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe('units', () => {
  it.each([['goroutines', 'goroutine'], ['Ps', 'P'], ['hashes', 'hash'], ['round trips', 'round trip'], ['values', 'value'], ['x', 'x']])('one of %s is one %s', (unit, one) => {
    expect(singular(unit)).toBe(one);
    expect(plain(withUnit(1, unit))).toBe(`1 ${one}`);
    expect(plain(withUnit(2, unit))).toBe(`2 ${unit}`);
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'], [1, '1.00'], [12.345, '12.3'], [999.6, '1000'], [0.012345, '0.0123'], [123456, '123 000'], [-3.14159, '−3.14'], [1e-7, '1.00e−7'], [Infinity, '∞'],
  ])('significant(%d) is %s', (value, text) => expect(plain(significant(value))).toBe(text));

  it.each([[0, '0'], [9999, '9999'], [12345, '12 345'], [91_233_000, '91 233 000'], [-12345, '−12 345']])('grouped(%d) is %s', (value, text) =>
    expect(plain(grouped(value))).toBe(text));

  it('writes a dash for what was not measured', () => {
    for (const write of [count, bytes, duration, percent]) {
      expect(write(undefined)).toBe('–');
      expect(write(NaN)).toBe('–');
      expect(write(null)).toBe('–');
    }
    expect(si(undefined, 'H/s')).toBe('–');
    expect(withUnit(undefined, 'ns')).toBe('–');
  });

  it.each([
    [41_800_000, 'H/s', '41.8 MH/s'], [999_600, 'H/s', '1.00 MH/s'], [0, 'H/s', '0 H/s'], [812, 'H/s', '812 H/s'], [0.0123, 'H/s', '0.0123 H/s'],
  ])('si(%d, %s) is %s', (value, unit, text) => expect(plain(si(value, unit))).toBe(text));

  it.each([[0, '0 B'], [1, '1 B'], [1023, '1023 B'], [1024 * 1000, '1000 KiB'], [1024 * 1024 - 1, '1.00 MiB'], [2300, '2.25 KiB'], [3 * 1024 ** 2, '3.00 MiB'], [1000, '1000 B'], [0.5, '0.500 B']])('bytes(%d) is %s', (value, text) =>
    expect(plain(bytes(value))).toBe(text));

  it.each([
    [0, '0 s'], [7, '7.00 ns'], [214_300, '214 µs'], [999_600, '1.00 ms'], [3_200_000_000, '3.20 s'], [99.96e9, '1 min 40 s'], [125e9, '2 min 05 s'], [-5e6, '−5.00 ms'],
  ])('duration(%d) is %s', (value, text) => expect(plain(duration(value))).toBe(text));

  it.each([
    [1_500_000, 'ns', '1.50 ms'], [12, 'bytes', '12 B'], [5, 'blocks', '5 blocks'], [2_000_000, 'H/s', '2.00 MH/s'], [12_345_678, 'messages/s', '12 300 000 messages/s'],
    [0.5, '1', '0.500'], [42, undefined, '42'], [1048576, 'B/s', '1.00 MiB/s'],
  ])('withUnit(%d, %s) is %s', (value, unit, text) => expect(plain(withUnit(value, unit))).toBe(text));

  it('a prefix stands before a symbol, never before a word', () => expect(plain(rate(2e6, 'messages/s'))).toBe('2 000 000 messages/s'));

  it('bytes a second are sizes, whoever writes them', () => {
    expect(plain(rate(19.7e9, 'B/s'))).toBe('18.3 GiB/s');
    expect(plain(rate(0, 'B/s'))).toBe('0 B/s');
    expect(rate(19.7e9, 'B/s')).toBe(withUnit(19.7e9, 'B/s'));
  });

  it.each([[0, '0 s'], [21_734_123, '21.734 ms'], [3_200_000_001, '3.200000 s'], [17, '17 ns']])('moment(%d) is %s', (ns, text) => expect(plain(moment(ns))).toBe(text));

  it('knows the unit of a metric', () => expect(metricUnit('/sched/latencies:seconds')).toBe('seconds'));

  it('counts in words', () => expect([plural(1, 'goroutine'), plural(6, 'goroutine')]).toEqual(['1 goroutine', '6 goroutines']));
});
