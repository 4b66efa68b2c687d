import { describe, expect, it } from 'vitest';
import { nextOf } from './rota';

const place = (drawnAt: number, due = true, costMs = 1) => ({ drawnAt, costMs, member: { due: () => due, draw: () => undefined } });

describe('the next to draw', () => {
  it('is the one that has waited longest', () => {
    const [a, b, c] = [place(500), place(300), place(400)];
    expect(nextOf([a, b, c], 1000)).toBe(b);
  });

  it('is one that has something new', () => {
    const [idle, new_] = [place(-Infinity, false), place(300)];
    expect(nextOf([idle, new_], 1000)).toBe(new_);
  });

  it('is nobody who drew less than a tenth of a second ago', () => expect(nextOf([place(950)], 1000)).toBeNull());

  it('is nobody whose drawing takes more than its share', () => {
    expect(nextOf([place(700, true, 30)], 1000)).toBeNull();
    expect(nextOf([place(300, true, 30)], 1000)).not.toBeNull();
  });
});
