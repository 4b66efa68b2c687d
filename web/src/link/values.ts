/**
 * How one parameter's value is written in a link and in a field, and how it is read back. What cannot be read is handed on as
 * the text it is: the engine's validation then says what is wrong with it, in the same words as everywhere else.
 */
import type { ParameterSpec, ParameterValue } from '../engine/types';

/** What somebody wrote, as a sentence about it repeats it: the beginning will do. */
export const shortened = (written: string): string => (written.length > 40 ? `${written.slice(0, 40)}…` : written);

const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9 };

/** `1.5ms` or `1500000` as whole nanoseconds; null when it is neither. */
export function parseDuration(text: string): number | null {
  const match = /^(-?\d+(?:\.\d+)?)\s*(ns|us|µs|μs|ms|s|m)?$/i.exec(text.trim());
  if (!match) return null;
  const ns = Math.round(Number(match[1]) * (UNITS[(match[2] ?? 'ns').toLowerCase()] ?? 1));
  return Number.isSafeInteger(ns) ? ns : null;
}

/** The shortest exact way to write a duration: 20µs, 10ms, 1.5s. */
export function formatDuration(ns: number): string {
  for (const [unit, size] of [['s', 1e9], ['ms', 1e6], ['µs', 1e3]] as const) {
    if (Math.abs(ns) >= size && Number.isInteger((ns / size) * 1000)) return `${ns / size}${unit}`;
  }
  return `${ns}ns`;
}

/** The text of a value as it stands in a link. Durations are plain nanoseconds. */
export function writeValue(value: ParameterValue): string {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value.toFixed(0) : String(value);
}

/** The value a text means to a parameter; the text itself when it means nothing to it. */
export function readValue(spec: ParameterSpec, text: string): ParameterValue {
  switch (spec.type) {
    case 'integer': {
      const trimmed = text.trim();
      const value = Number(trimmed);
      return /^-?\d{1,16}$/.test(trimmed) && Number.isSafeInteger(value) ? value : text;
    }
    case 'duration':
      return parseDuration(text) ?? text;
    case 'boolean':
      if (/^(true|1|yes|on)$/i.test(text)) return true;
      if (/^(false|0|no|off)$/i.test(text)) return false;
      return text;
    case 'text':
      // As every field of a page has them, so that what is shown is what is used.
      return text.replace(/\r\n?/g, '\n');
    default:
      return text;
  }
}
