import { describe, expect, test } from 'vitest';
import type { ParameterSpec } from '../engine/types';
import { formatDuration, parseDuration, readValue, writeValue } from './values';

const spec = (type: ParameterSpec['type']): ParameterSpec => ({ name: 'p', type, default: 0, help: '', group: 'experiment' });

describe('durations', () => {
  test.each([
    ['10ms', 10_000_000], ['1.5ms', 1_500_000], ['20µs', 20_000], ['20us', 20_000], ['7', 7], ['7ns', 7], ['2 s', 2_000_000_000], ['1m', 60_000_000_000], ['0.5ns', 1],
  ])('%s is %d ns', (text, ns) => expect(parseDuration(text)).toBe(ns));

  test.each(['', 'ms', '1.5.2ms', '1e3', '10 parsecs', 'NaN', '0x10', '9'.repeat(40)])('%s is no duration', (text) => expect(parseDuration(text)).toBeNull());

  test('what is written is read back exactly', () => {
    let seed = 7;
    for (let i = 0; i < 2000; i++) {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      const ns = Math.floor(seed % 10 ** (1 + (i % 10)));
      expect(parseDuration(formatDuration(ns)), formatDuration(ns)).toBe(ns);
    }
  });
});

describe('reading a value', () => {
  test('whole numbers are read, and nothing else passes for one', () => {
    expect(readValue(spec('integer'), ' 42 ')).toBe(42);
    expect(readValue(spec('integer'), '-3')).toBe(-3);
    for (const text of ['', '1.5', '1e99', 'NaN', 'Infinity', '0x10', '9007199254740993', '１２']) expect(readValue(spec('integer'), text), text).toBe(text);
  });

  test('booleans are read in the ways people write them', () => {
    for (const text of ['true', '1', 'yes', 'ON']) expect(readValue(spec('boolean'), text)).toBe(true);
    for (const text of ['false', '0', 'no', 'off']) expect(readValue(spec('boolean'), text)).toBe(false);
    expect(readValue(spec('boolean'), 'maybe')).toBe('maybe');
  });

  test('text has the line breaks that a field of a page can hold', () => expect(readValue(spec('text'), 'a\r\nb\rc\nd')).toBe('a\nb\nc\nd'));

  test('large numbers are written without an exponent', () => expect(writeValue(9e15)).toBe('9000000000000000'));
});
