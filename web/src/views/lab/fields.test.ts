import { describe, expect, it } from 'vitest';
import type { MemoryResult, RunResult } from '../../engine/types';
import { costParts, fieldText, foundBlocks, memoryParts, metricTexts, resultFields, rowsOf, searchMetrics } from './fields';

const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe('fields', () => {
  it.each([
    ['hashes_per_second', 41_800_000, 'H/s', '41.8 MH/s'], ['duration_ns', 1_500_000, 'ns', '1.50 ms'], ['total_blocks', 5, undefined, '5'], ['found', true, undefined, 'yes'],
    ['tip', '', undefined, '(empty)'], ['blocks', [{ index: 1 }, { index: 2 }], undefined, '2 blocks'], ['order', [2, 0, 1], undefined, '2, 0, 1'], ['order', [], undefined, 'none'], ['x', null, 'ns', '–'],
  ])('%s of %j %s is told as %s', (name, value, unit, text) => expect(plain(fieldText(name, value, unit).text)).toBe(text));

  it('a name does not say another unit than its figure', () => {
    expect(fieldText('ns_per_round_trip', 1640, 'ns')).toEqual({ name: 'time per round trip', text: '1.64\u202fµs' });
  });

  it('an object is told by its fields', () => {
    const { parts } = fieldText('genesis', { index: 0, previous_hash: '0', inner: { deep: true } }, undefined);
    expect(parts).toEqual([{ name: 'index', text: '0' }, { name: 'previous hash', text: '0' }, { name: 'inner', text: '', parts: [{ name: 'deep', text: 'yes' }] }]);
  });

  it('blocks are told apart from other lists, by the head of the hash and its zeros', () => {
    const blocks = [{ index: 1, hash: `000a${'b'.repeat(60)}`, nonce: 2952, found_by: 14, p: 0 }, { index: 2, hash: '0'.repeat(64), nonce: 1 }];
    expect(foundBlocks(blocks)).toEqual([{ index: 1, zeros: '000', head: `a${'b'.repeat(12)}`, nonce: 2952, found_by: 14, p: 0 }, { index: 2, zeros: '0'.repeat(64), head: '', nonce: 1 }]);
    expect(resultFields({ result: { blocks, valid: true }, units: {} } as unknown as RunResult).map((field) => field.name)).toEqual(['valid']);
    for (const other of [[], [1, 2], [{ index: 1 }], [null], 'blocks', null]) expect(foundBlocks(other)).toBeNull();
  });

  it.each([
    [[60, 17, 1], 'goroutines', '60, 17, 1 goroutines'], [[1], 'goroutines', '1 goroutine'], [[1000, 2_500_000], 'ns', '1.00 µs, 2.50 ms'],
  ])('a list of %j %s is told as %s', (value, unit, text) => expect(plain(fieldText('gaps', value, unit).text)).toBe(text));

  it('what an object counts has its unit at each field', () => {
    expect(fieldText('waiting', { 'chan receive': 200, select: 1 }, 'goroutines').parts!.map(({ text }) => plain(text))).toEqual(['200 goroutines', '1 goroutine']);
  });

  it('a list of what the Ps did is a table, and no field', () => {
    const ps = [{ p: 0, tasks: 120, stolen_from: 80 }, { p: 1, tasks: 80, stolen_from: 0 }];
    expect(rowsOf('ps', ps)).toEqual({ name: 'Ps', columns: ['P', 'tasks', 'stolen from'], rows: [['P0', '120', '80'], ['P1', '80', '0']] });
    expect(resultFields({ result: { ps, steals: 1 }, units: { steals: 'steals' } } as unknown as RunResult).map(({ text }) => plain(text))).toEqual(['1 steal']);
    for (const other of [[], [1, 2], [null], [[1]], 'ps', null]) expect(rowsOf('ps', other)).toBeNull();
  });

  it('a long list is cut, and kept whole behind it', () => {
    const field = fieldText('order', Array.from({ length: 30 }, (_, i) => i), undefined);
    expect(field.text.endsWith('11, …')).toBe(true);
    expect(field.all!.endsWith('28, 29')).toBe(true);
  });
});

describe('cost', () => {
  it('says what was lost and what was not measured is left out', () => {
    const cost = { wall_ns: 2.1e9, events_recorded: 120_000, events_dropped: 0, clock_resolution_ns: 5000 };
    expect(costParts({ cost, driver: 'threads' } as RunResult).map(plain)).toEqual(['2.10 s of wall time', '120 000 events recorded', 'none dropped', 'times exact to 5.00 µs']);
    const all = costParts({ cost: { ...cost, goroutine_bytes: 65_536 }, driver: 'threads' } as RunResult);
    expect(plain(all.at(-1)!)).toBe('64.0 KiB of goroutines’ memory');
  });
});

describe('metrics', () => {
  const texts = metricTexts({
    '/sched/goroutines:goroutines': 12_345,
    '/sched/latencies:seconds': { buckets: [64e-9, 128e-9], counts: [1, 99, 0] },
    '/sched/pauses/total/gc:seconds': { buckets: [0, 1], counts: [0] },
  });

  it('split at the unit, histograms as quantiles', () => {
    expect(plain(texts[0]!.value)).toBe('12 345');
    expect(plain(texts[1]!.value)).toBe('p50 128 ns · p99 128 ns · 100 samples');
    expect(texts[2]!.value).toBe('no samples');
  });

  it('are found by words in any order', () => expect(searchMetrics(texts, 'gc PAUSES').map((m) => m.name)).toEqual(['/sched/pauses/total/gc']));
});

describe('the heap', () => {
  const cycle = { heap_start: 3 * 2 ** 20, heap_end: 5 * 2 ** 20 };
  it('is told in three parts', () => {
    const memory = { memory_stats: { num_gc: 12, heap_alloc_mb: 2 }, gc_stats: { pause_total_ns: 1.25e6 }, cycles: Array.from({ length: 12 }, () => cycle) } as unknown as MemoryResult;
    expect(memoryParts(memory).map(plain)).toEqual(['12 collections', 'world stopped for 1.25 ms in all', 'at most 5.00 MiB live']);
  });
  it('collected more often than the engine keeps is told of as far as it is known', () => {
    const memory = { memory_stats: { num_gc: 1376, heap_alloc_mb: 2 }, gc_stats: { pause_total_ns: 1.25e6 }, cycles: Array.from({ length: 1000 }, () => cycle) } as unknown as MemoryResult;
    expect(memoryParts(memory).at(-1)!.replaceAll('\u202f', ' ')).toBe('at most 5.00 MiB live in the last 1000 collections');
  });
  it('that was never collected says so', () => {
    const memory = { memory_stats: { num_gc: 0, heap_alloc_mb: 1.5 }, gc_stats: {}, cycles: [] } as unknown as MemoryResult;
    expect(memoryParts(memory).map(plain)).toEqual(['0 collections', 'at most 1.50 MiB live']);
  });
});
