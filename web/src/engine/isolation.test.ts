import { expect, test } from 'vitest';
import { ensureIsolation, type IsolationEnvironment } from './isolation';

const NOW = 1_800_000_000_000;

interface World extends IsolationEnvironment {
  reloads: number;
  registered: unknown[];
}

function world(given: Partial<IsolationEnvironment> = {}, tried: string | null = null): World {
  let mark = tried;
  const registered: unknown[] = [];
  const active = { state: 'activated' } as ServiceWorker;
  const it: World = {
    reloads: 0,
    registered,
    isolated: false,
    serviceWorker: {
      register: (url: unknown, options: unknown) => {
        registered.push([url, options]);
        return Promise.resolve({ installing: null, waiting: null, active } as ServiceWorkerRegistration);
      },
    },
    storage: { getItem: () => mark, setItem: (_, value) => (mark = value), removeItem: () => (mark = null) },
    reload: () => void it.reloads++,
    now: () => NOW,
    ...given,
  };
  return it;
}

test('an isolated page is left as it is, and may try again another time', async () => {
  const w = world({ isolated: true }, String(NOW));
  expect(await ensureIsolation(w)).toBe('isolated');
  expect([w.reloads, w.registered.length, w.storage.getItem('')]).toEqual([0, 0, null]);
});

test('a page that is not registers the worker by a relative address and reloads once', async () => {
  const w = world();
  expect(await ensureIsolation(w)).toBe('reloading');
  expect([w.reloads, w.registered]).toEqual([1, [['./sw.js', { scope: './' }]]]);
});

test('a page that was reloaded and still is not goes on without', async () => {
  const w = world({}, String(NOW - 9_000));
  expect(await ensureIsolation(w)).toBe('unavailable');
  expect(w.reloads).toBe(0);
});

test.each(['1', String(NOW - 11_000), String(NOW + 5_000), 'yes'])('a try that is not of the last ten seconds (%s) does not stand in the way', async (mark) => {
  const w = world({}, mark);
  expect(await ensureIsolation(w)).toBe('reloading');
  expect([w.reloads, w.storage.getItem('')]).toEqual([1, String(NOW)]);
});

test('without service workers, or when registering fails, nothing is reloaded', async () => {
  for (const serviceWorker of [undefined, { register: () => Promise.reject(new Error('blocked')) }]) {
    const w = world({ serviceWorker });
    expect(await ensureIsolation(w)).toBe('unavailable');
    expect(w.reloads).toBe(0);
  }
});

test('a browser that keeps no session storage is never reloaded', async () => {
  const w = world({ storage: { getItem: () => null, setItem: () => {}, removeItem: () => {} } });
  expect(await ensureIsolation(w)).toBe('unavailable');
  expect(w.reloads).toBe(0);
});
