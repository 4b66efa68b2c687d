import { afterEach, expect, test, vi } from 'vitest';
import { keepView, keptView } from './kept';

afterEach(() => vi.unstubAllGlobals());

test('the view is kept until another one is', () => {
  const items = new Map<string, string>();
  vi.stubGlobal('sessionStorage', { getItem: (key: string) => items.get(key) ?? null, setItem: (key: string, value: string) => void items.set(key, value) });
  expect(keptView()).toBeNull();
  keepView('chain');
  keepView('learn');
  expect(keptView()).toBe('learn');
});

test('where storage is forbidden nothing is kept and nothing breaks', () => {
  const forbidden = (): never => {
    throw new Error('forbidden');
  };
  vi.stubGlobal('sessionStorage', { getItem: forbidden, setItem: forbidden });
  keepView('chain');
  expect(keptView()).toBeNull();
});
