import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { LiveHeap } from '../../engine/types';
import { METRIC_HELP } from './metric-help';
import { searchMetrics } from '../lab/fields';
import { liveMetrics, metricRows } from './MetricsTable';

const plain = (text: string | undefined): string | undefined => text?.replaceAll('\u202f', ' ');

/** The names that a source file of the core sets. */
function emitted(path: string): string[] {
  const source = readFileSync(new URL(`../../../../core/${path}`, import.meta.url), 'utf8');
  return [...source.matchAll(/metrics->set\("([^"]+)"/g)].map(([, name]) => name!);
}

test('every metric that the engine gives has its line of help, and no line is left over', () => {
  const names = [...emitted('gc/report.cpp'), ...emitted('sched/inspect.cpp')];
  expect(names.length).toBeGreaterThan(40);
  expect(names.filter((name) => !METRIC_HELP[name])).toEqual([]);
  expect(Object.keys(METRIC_HELP).filter((name) => !names.includes(name))).toEqual([]);
});

test('the names that samples tell are among them', () => {
  const names = Object.keys(liveMetrics({} as LiveHeap));
  for (const name of names) expect(METRIC_HELP, name).toHaveProperty([name]);
  expect(names.filter((name) => name.includes('finalizers'))).toEqual([]); // samples have them together with cleanups
});

test('what was not measured is a dash, what has no limit says so, times of processors are times', () => {
  const rows = metricRows({ '/gc/gogc:percent': 2 ** 64, '/gc/gomemlimit:bytes': 2 ** 63, '/cpu/classes/user:cpu-seconds': 1.5 });
  const value = (name: string): string | undefined => plain(rows.find((row) => `${row.name}:${row.unit}` === name)?.value);
  expect(['/gc/gogc:percent', '/gc/gomemlimit:bytes', '/cpu/classes/user:cpu-seconds', '/sched/latencies:seconds'].map(value)).toEqual(['off', 'no limit', '1.50 s', '–']);
});

test('metrics are found by name, unit and help', () => {
  const rows = metricRows({});
  expect(searchMetrics(rows, 'sched pauses gc').map(({ name }) => name)).toEqual(['/sched/pauses/stopping/gc', '/sched/pauses/total/gc']);
  expect(searchMetrics(rows, 'sweeper').length).toBe(2);
  expect(searchMetrics(rows, 'no such thing')).toEqual([]);
});
