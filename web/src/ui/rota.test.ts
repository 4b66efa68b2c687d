import { describe, expect, it } from 'vitest';
import { nextOf } from './rota';

const place = (drawnAt: number, due: boolean | 'at once' = true, costMs = 1) => ({
  drawnAt, costMs, member: { due: (rested: boolean) => due === 'at once' || (due && rested), draw: () => undefined },
});

describe('the next to draw', () => {
  it('is the one that has waited longest', () => {
    const [a, b, c] = [place(500), place(300), place(400)];
    expect(nextOf([a, b, c], 1000)).toBe(b);
  });

  it('is one that has something new', () => {
    const [idle, new_] = [place(-Infinity, false), place(300)];
    expect(nextOf([idle, new_], 1000)).toBe(new_);
  });

  it('is nobody who drew less than half a second ago', () => expect(nextOf([place(600)], 1000)).toBeNull());

  it('is nobody whose drawing takes more than its share', () => {
    expect(nextOf([place(450, true, 4)], 1000)).toBeNull();
    expect(nextOf([place(350, true, 4)], 1000)).not.toBeNull();
  });

  it('is one that cannot wait, however lately and dearly it drew', () => expect(nextOf([place(990, 'at once', 50)], 1000)).not.toBeNull());
});
