/** Holds styles/tokens.css to its promises, by computation: contrast of text and marks, and marks that colour-blind people can tell apart. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { contrast, linearToOklab, oklchToLinear, parseOklch, toHex, type LinearRgb } from './color';

const css = readFileSync(new URL('../styles/tokens.css', import.meta.url), 'utf8');

function table(dark: boolean): Map<string, LinearRgb> {
  const colors = new Map<string, LinearRgb>();
  for (const [, name, light, inDark] of css.matchAll(/--([\w-]+): light-dark\((oklch\([^)]*\)), (oklch\([^)]*\))\)/g)) {
    const oklch = parseOklch((dark ? inDark : light) ?? '');
    if (!oklch) throw new Error(`--${name} cannot be read`);
    colors.set(name ?? '', oklchToLinear(oklch).map((v) => Math.min(1, Math.max(0, v))) as LinearRgb);
  }
  return colors;
}

/** Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB. */
const BLINDNESS: Record<string, number[]> = {
  none: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

function seen([r, g, b]: LinearRgb, kind: string): LinearRgb {
  const m = BLINDNESS[kind] ?? [];
  const row = (i: number): number => Math.min(1, Math.max(0, (m[i] ?? 0) * r + (m[i + 1] ?? 0) * g + (m[i + 2] ?? 0) * b));
  return [row(0), row(3), row(6)];
}

function distance(one: LinearRgb, other: LinearRgb): number {
  const [p, q] = [linearToOklab(one), linearToOklab(other)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

const MARKS = ['running', 'runnable', 'waiting', 'syscall', 'gc', 'assist', 'stw'];

describe.each<[string, boolean]>([['light', false], ['dark', true]])('%s theme', (_, dark) => {
  const colors = table(dark);
  const get = (name: string): LinearRgb => {
    const color = colors.get(name);
    if (!color) throw new Error(`no --${name} in tokens.css`);
    return color;
  };

  test('text is readable on every surface it stands on', () => {
    for (const words of ['text', 'text-muted', 'accent', 'danger', 'warn', 'running-word']) {
      for (const surface of ['bg', 'panel', 'field', 'hover']) {
        expect(contrast(get(words), get(surface)), `--${words} on --${surface}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(contrast(get('danger'), get('danger-wash'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(get('warn'), get('warn-wash'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(get('text'), get('warn-wash'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(get('on-accent'), get('accent'))).toBeGreaterThanOrEqual(4.5);
  });

  test('marks, series and the edges of controls stand out from the ground', () => {
    const names = [...MARKS, 'heap-live', 'heap-goal', 'heap-limit', 'line-strong', 'focus', ...[...colors.keys()].filter((n) => n.startsWith('series-'))];
    for (const name of names) {
      expect(contrast(get(name), get('bg')), `--${name} ${toHex(get(name))} on --bg`).toBeGreaterThanOrEqual(3);
    }
  });

  test.each(Object.keys(BLINDNESS))('marks can be told apart with %s', (kind) => {
    const close: string[] = [];
    for (const [i, one] of MARKS.entries()) {
      for (const other of MARKS.slice(i + 1)) {
        const d = distance(seen(get(one), kind), seen(get(other), kind));
        if (d < 0.06) close.push(`${one}/${other} ${d.toFixed(3)}`);
      }
    }
    expect(close).toEqual([]);
  });
});
