// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { decodeHeapMap, parseHeapSpan } from '../engine/heap-map';
import { fakeHeapRecords, fakeHeapSpan } from '../engine/testing/fake-heap';
import type { LiveHeap, LiveSnapshot } from '../engine/types';

const asked: string[] = [];
const client = {
  heapMap: () => Promise.resolve((asked.push('map'), decodeHeapMap(fakeHeapRecords()))),
  heapSpan: (page: number) => Promise.resolve((asked.push(`span ${page}`), parseHeapSpan(fakeHeapSpan(page)))),
  gctrace: (level: number) => Promise.resolve((asked.push(`gctrace ${level}`), `gc 1 level ${level}`)),
  names: () => Promise.resolve(['main', 'runtime.gcBgMarkWorker']),
  setGogc: (n: number) => asked.push(`gogc ${n}`),
  setMemoryLimit: (n: number) => asked.push(`limit ${n}`),
};
vi.mock('./host', () => ({ host: { client }, createHost: () => ({}) }));

const { beginHeap, sampleHeap } = await import('./heap-session');
const actions = await import('./actions');
const store = await import('./store');

const sample = (n: number, over: Partial<LiveSnapshot> = {}): LiveSnapshot =>
  ({ state: 'running', run: 1, elapsedNs: n * 1e8, ps: [], heap: { cycles: 1 } as LiveHeap, ...over }) as LiveSnapshot;
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  beginHeap();
  asked.length = 0;
  store.phase.value = 'running';
});
afterEach(() => {
  store.tab.value = 'lab';
  store.phase.value = 'idle';
});

async function tenSamples(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    sampleHeap(sample(i));
    await settle();
  }
}

test('a run without a heap is not asked about it', () => {
  sampleHeap(sample(1, { heap: null }));
  expect(asked).toEqual([]);
});

test('the map comes with every sample while it is looked at, else with every third', async () => {
  await tenSamples();
  expect(asked).toEqual(['map', 'map', 'map', 'map']);
  expect(store.sizes.columns).toHaveLength(4);
  expect(store.names.value).toContain('runtime.gcBgMarkWorker');
  asked.length = 0;
  store.tab.value = 'memory';
  await tenSamples();
  expect(asked.filter((call) => call === 'map')).toHaveLength(10);
  expect(store.gctrace.value).toBe('gc 1 level 1');
});

test('the chosen span is looked at again with each map, and a free page has none', async () => {
  store.tab.value = 'memory';
  actions.chooseSpan(2);
  await settle();
  expect(store.heapSpan.value?.objects).toBe('bgw.');
  await tenSamples();
  expect(asked.filter((call) => call === 'span 2')).toHaveLength(11);
  actions.chooseSpan(7);
  await settle();
  expect(store.heapSpan.value).toBeNull();
});

test('what was asked about the run before is dropped', async () => {
  store.tab.value = 'memory';
  sampleHeap(sample(1));
  beginHeap();
  await settle();
  expect(store.heapMap.value).toBeNull();
});

test('GOGC and the limit reach the engine while a run is on, and only then', () => {
  actions.setGogc(-1);
  actions.setMemoryLimit(64);
  actions.setGogc(-2);
  actions.setMemoryLimit(1.5);
  store.phase.value = 'ended';
  actions.setGogc(50);
  expect(asked).toEqual(['gogc -1', 'limit 64']);
});

test('another level of gctrace is asked for at once', async () => {
  actions.showGctrace(2);
  await settle();
  expect(store.gctrace.value).toBe('gc 1 level 2');
  actions.showGctrace(1);
});
