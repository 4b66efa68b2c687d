// @vitest-environment happy-dom
import { type Signal, signal } from '@preact/signals';
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeHeapMap, type HeapMap, type HeapSpan, parseHeapSpan } from '../../engine/heap-map';
import { FAKE_GCTRACE, fakeHeapRecords, fakeHeapSpan } from '../../engine/testing/fake-heap';
import { EventKind, type ExperimentSpec, type LiveHeap, type LiveSnapshot, type RunResult } from '../../engine/types';
import { EventStore } from '../../state/events';
import { History } from '../../state/history';
import { SizeHistory } from '../../state/size-history';
import { EventWriter } from '../../state/synthetic-events';
import { writeCollection } from '../../state/synthetic-gc';
import { MemoryView, type MemoryProps } from './MemoryView';

const MIB = 2 ** 20;
const spec = (name: string): ExperimentSpec => ({ name, title: `Title of ${name}`, verb: 'Run', group: 'heap', question: 'Why?', shows: '', charts: [], parameters: [] });
const heap: LiveHeap = {
  marked: 4 * MIB, allocatedBytes: 40 * MIB, allocatedObjects: 1000, freedBytes: 35 * MIB, freedObjects: 900, budget: 64 * MIB, objectBytes: 5 * MIB, mapped: 16 * MIB,
  assistNs: 0, markNs: 0, idleNs: 0, forced: 0, phase: 2, cycles: 3, live: 5 * MIB, goal: 8 * MIB, trigger: 7 * MIB, inUse: 9 * MIB, limit: Infinity, gogc: 100, pausedNs: 1.5e6, waiting: 2, finalizersRun: 0, finalizersQueued: 0,
};
const sample = (over: Partial<LiveSnapshot> = {}): LiveSnapshot => ({ state: 'running', run: 1, elapsedNs: 1e9, ps: [], ms: [], heap, ...over }) as LiveSnapshot;

let root: HTMLElement;
let told: string[];
let snapshot: Signal<LiveSnapshot | null>;

beforeEach(() => {
  root = document.createElement('div');
  document.body.append(root);
  told = [];
  snapshot = signal<LiveSnapshot | null>(sample());
  vi.stubGlobal('IntersectionObserver', class { observe(): void {} disconnect(): void {} });
  vi.stubGlobal('ResizeObserver', class { observe(): void {} disconnect(): void {} });
});
afterEach(() => {
  render(null, root);
  root.remove();
  vi.unstubAllGlobals();
});

function props(over: Partial<MemoryProps> = {}): MemoryProps {
  const tell = (what: string) => (value: unknown): void => void told.push(`${what} ${String(value)}`);
  return {
    shown: spec('trees'), experiments: [spec('mine'), spec('gc-benchmark'), spec('trees')], history: new History(), events: new EventStore(), sizes: new SizeHistory(), result: null,
    live: true, steerable: true, names: ['main', 'tree'], snapshot, heapMap: signal<HeapMap | null>(decodeHeapMap(fakeHeapRecords())),
    heapSpan: signal<HeapSpan | null>(parseHeapSpan(fakeHeapSpan(2))), chosenPage: signal(2), gctrace: signal(FAKE_GCTRACE), gctraceLevel: signal<1 | 2>(1),
    onGogc: tell('gogc'), onLimit: tell('limit'), onChooseSpan: tell('span'), onLevel: tell('level'), onSelect: tell('select'), ...over,
  };
}

async function show(over: Partial<MemoryProps> = {}): Promise<void> {
  await act(() => render(<MemoryView {...props(over)} />, root));
}

const plain = (text: string | null | undefined): string => (text ?? '').replaceAll('\u202f', ' ');
const button = (name: string): HTMLButtonElement => [...root.querySelectorAll('button')].find((one) => (one.getAttribute('aria-label') ?? one.textContent) === name)!;
const click = (name: string): Promise<void> => act(() => button(name).click());
async function type(id: string, text: string): Promise<HTMLInputElement> {
  const input = root.querySelector<HTMLInputElement>(`#${id}`)!;
  await act(() => {
    input.value = text;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  return input;
}

describe('without a heap', () => {
  it('the view says so, and offers the experiments that have one', async () => {
    snapshot.value = sample({ heap: null });
    await show({ shown: spec('mine') });
    expect(root.textContent).toContain('“Title of mine” does not use the collected heap');
    expect([...root.querySelectorAll('button')].map((one) => one.textContent)).toEqual(['Choose trees', 'Choose gc-benchmark']);
    await click('Choose trees');
    expect(told).toEqual(['select trees']);
  });

  it('and without a run it says what there would be to see', async () => {
    snapshot.value = null;
    await show({ shown: null, live: false, experiments: [spec('mine')] });
    expect(root.textContent).toContain('Nothing has run yet.');
    expect(root.textContent).toContain('This engine has no experiment that uses the heap.');
  });
});

describe('the heap now', () => {
  it('is told in words and figures', async () => {
    await show();
    expect(plain(root.querySelector('.heap-phase')?.textContent)).toContain('Collection 3 is marking, beside the program.');
    expect(plain(root.querySelector('.heap-figures')?.textContent)).toContain('live5.00 MiB');
    expect(plain(root.querySelector('.heap-figures')?.textContent)).toContain('limitnone');
    expect(plain(root.querySelector('.heap-figures')?.textContent)).toContain('world stopped1.50 ms');
  });

  it('takes another GOGC and limit from buttons, two clicks being two steps', async () => {
    await show();
    await click('GOGC: more');
    await click('GOGC: more');
    await click('GOGC: less');
    await click('memory limit: less');
    expect(told).toEqual(['gogc 150', 'gogc 200', 'gogc 150', 'limit 512']);
  });

  it('takes what is typed, and nothing else', async () => {
    await show();
    expect((await type('heap-gogc', 'off')).getAttribute('aria-invalid')).toBeNull();
    await type('heap-limit', '48 MiB');
    expect((await type('heap-gogc', 'lots')).getAttribute('aria-invalid')).toBe('true');
    expect(told).toEqual(['gogc -1', 'limit 48']);
  });

  it.each([
    ['heap-gogc', 'abc', 'GOGC is “abc”: it must be a whole number from 0 to 10 000 (percent), or “off”; it stays 100.'],
    ['heap-gogc', '-5', 'GOGC is -5: it must be a whole number from 0 to 10 000 (percent), or “off”; it stays 100.'],
    ['heap-gogc', '50.5', 'GOGC is 50.5: it must be a whole number from 0 to 10 000 (percent), or “off”; it stays 100.'],
    ['heap-gogc', '10001', 'GOGC is 10001: it must be a whole number from 0 to 10 000 (percent), or “off”; it stays 100.'],
    ['heap-limit', '2049', 'Memory limit is 2049: it must be a whole number from 0 to 2048 (MiB), or “none”; it stays none.'],
  ])('%s refuses %s in one sentence', async (id, typed, sentence) => {
    const integer = { type: 'integer', default: 0, help: '', group: 'runtime' } as const;
    await show({ shown: { ...spec('trees'), parameters: [{ ...integer, name: 'gogc', min: -1, max: 10_000 }, { ...integer, name: 'memory_limit', min: 0, max: 2048 }] } });
    expect((await type(id, typed)).getAttribute('aria-invalid')).toBe('true');
    expect(plain(root.querySelector(`#${id}-help`)?.textContent)).toBe(sentence);
    expect(told).toEqual([]);
    await type(id, '50');
    expect(root.querySelector(`#${id}-help`)?.textContent).not.toContain('must');
    expect(told).toHaveLength(1);
  });

  it('cannot be set when the run is over or in virtual time', async () => {
    await show({ steerable: false });
    expect(root.querySelector('#heap-gogc')).toBeNull();
    expect(root.textContent).toContain('A run in virtual time takes them from its form only.');
  });
});

describe('the map', () => {
  it('moves with the arrow keys, tells what is there, and looks into it with Enter', async () => {
    await show();
    const canvas = root.querySelector('.heap-map-canvas')!;
    const press = (key: string): Promise<void> => act(() => void canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })));
    await press('Home');
    expect(plain(root.querySelector('.heap-map .memory-sentence')?.textContent)).toBe('Page 0: 200 of 256 objects of 32 B, 78.1 % full, with references, 100 marked, 40 scanned.');
    await press('ArrowRight');
    expect(root.querySelector('.heap-map .memory-sentence')?.textContent).toBe('Page 1 is free.');
    await press('ArrowRight');
    expect(plain(root.querySelector('.heap-map .memory-sentence')?.textContent)).toContain('2.00 KiB');
    await press('Enter');
    expect(told).toEqual(['span 2']);
  });

  it('takes keys that come faster than it is drawn', async () => {
    await show();
    const canvas = root.querySelector('.heap-map-canvas')!;
    await act(() => {
      for (const key of ['End', 'Home', 'ArrowRight', 'ArrowRight', 'Enter']) canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    });
    expect(told).toEqual(['span 2']);
  });

  it('shows the objects of a span as cells, in words, and as letters', async () => {
    await show();
    expect(plain(root.querySelector('.span-objects')?.textContent)).toContain('4 objects of 2.00 KiB with references: 1 free, 1 white, 1 grey, 1 black. It waits in a queue to be scanned.');
    await click('Show letters');
    expect(root.querySelector('.span-letters')?.textContent).toBe('bgw.');
  });

  it('of a marker that keeps no bits of what it scanned speaks of no grey', async () => {
    const map = { ...decodeHeapMap(fakeHeapRecords()), knowsScanned: false };
    await show({ heapMap: signal<HeapMap | null>(map) });
    await click('Marking');
    expect(root.querySelector('.heap-map .memory-legend')?.textContent).toBe(' marked: whether scanned, too, is not kept white: allocated, not marked free');
    expect(plain(root.querySelector('.span-objects')?.textContent)).toContain('1 free, 1 white, 2 marked.');
    expect(root.querySelector('.span-objects .memory-legend')?.textContent).not.toContain('grey');
  });

  it('has a table by size class', async () => {
    await show();
    await act(() => root.querySelector<HTMLButtonElement>('.heap-map button[aria-expanded]')!.click());
    const rows = [...root.querySelectorAll('.heap-map tbody tr')].map((row) => plain([...row.children].map((cell) => cell.textContent).join(' | ')));
    expect(rows[0]).toBe('32 B | 1 | 1 | 256 | 200 | 78.1 % | 100 | 40');
    expect(rows.at(-1)).toBe('large | 1 | 20 | 1 | 1 | 100 % | 0 | 0');
  });
});

it('collections and assists are listed from the events', async () => {
  const writer = new EventWriter();
  writer.write({ timeNs: 0, kind: 1, p: 0, g: 7, b: 1 });
  for (let i = 1; i <= 3; i++) writeCollection(writer, i, i * 100_000);
  const events = new EventStore();
  events.append(writer.take(), 0);
  while (!events.pump(1000));
  await show({ events });
  expect(plain(root.querySelector('[aria-label="Assists"] tbody tr')?.textContent)).toBe('g7 tree300 ns100 %336.0 KiB0');
  expect(plain(root.querySelector('[aria-label="Assists"] tbody tr:last-child')?.textContent)).toBe('g80 s0 %00 B3');
  expect(plain(root.querySelector('[aria-label="Assists"] .muted')?.textContent)).toBe('300 ns by 1 goroutine.');
  const rows = root.querySelectorAll('[aria-label="Collections"] tbody tr');
  expect(rows).toHaveLength(3);
  expect(plain(rows[1]?.textContent)).toContain('forced');
});

it('of goroutines that only waited for credit it is said that they did', async () => {
  const writer = new EventWriter();
  writer.write({ timeNs: 5, kind: EventKind.GcAssistWait, p: 0, g: 1, b: 4096 });
  const events = new EventStore();
  events.append(writer.take(), 0);
  while (!events.pump(1000));
  await show({ events });
  expect(plain(root.querySelector('[aria-label="Assists"] .muted')?.textContent)).toBe('There was nothing left to scan, so they only waited.');
});

it('assists that found nothing to scan are told by their time', async () => {
  await show();
  expect(root.querySelector('[aria-label="Assists"]')?.textContent).toContain('None so far: the background workers kept up');
  const result = { metrics: {}, memory: { marker: 'classic', memory_stats: { num_gc: 1 }, gc_stats: {}, cycles: [{ cycle: 1, assist_ns: 395_000 }] }, cost: { wall_ns: 1 } } as unknown as RunResult;
  await show({ result, live: false });
  expect(plain(root.querySelector('[aria-label="Assists"]')?.textContent)).toContain('None found anything to scan; looking for it took 395 µs in all.');
});

it('of a run with more collections than the engine keeps it is said which are shown', async () => {
  const cycles = Array.from({ length: 1000 }, (_, i) => ({ cycle: 377 + i, why: 'heap', start_ns: i, mark_ns: i, marked_ns: i, end_ns: i, heap_start: MIB, heap_end: MIB, heap_marked: 0, goal: MIB, assist_ns: 0, dedicated_ns: 0, fractional_ns: 0 }));
  const result = { metrics: {}, memory: { marker: 'classic', memory_stats: { num_gc: 1376 }, gc_stats: {}, cycles }, cost: { wall_ns: 1 } } as unknown as RunResult;
  await show({ result, live: false, gctrace: signal('gc 377 @1.0s\ngc 378 @1.1s\n') });
  expect(root.querySelector('[aria-label="Collections"]')?.textContent).toContain('The last 50 of 1376 are shown; the downloaded result has the last 1000.');
  expect(root.querySelector('.gctrace h3')?.textContent).toBe('gctrace, the last 2 collections');
});

it('the lines of gctrace are copied whole, and another level is asked for', async () => {
  const writeText = vi.fn(() => Promise.resolve());
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  await show();
  await click('Copy lines');
  expect(writeText).toHaveBeenCalledWith(FAKE_GCTRACE);
  await click('Level 2');
  expect(told).toEqual(['level 2']);
});
