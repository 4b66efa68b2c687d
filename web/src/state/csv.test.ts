import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EventKind } from '../engine/types';
import type { LiveHeap, LiveSnapshot } from '../engine/types';
import { CSV_HEADER, csvLine, eventsCsv, heapCsv } from './csv';
import { EventStore } from './events';
import { History } from './history';
import { EventWriter } from './synthetic-events';

function store(count: number): EventStore {
  const writer = new EventWriter();
  for (let i = 0; i < count; i++) writer.write({ timeNs: i * 10, kind: i % 2 ? EventKind.ProcIdle : EventKind.GoRun, reason: 3, p: 1, g: 7, a: 2, b: 1 });
  const events = new EventStore();
  events.append(writer.take(), 0);
  return events;
}

test('one line an event under its names', async () => {
  const lines = (await (await eventsCsv(store(20_000)))!.text()).split('\n');
  expect(`${lines[0]!}\n`).toBe(CSV_HEADER);
  expect(lines).toHaveLength(20_002);
  expect(lines[1]).toMatch(/^0,\d+,go_run,3,1,7,2,1$/);
  expect(lines[20_000]).toMatch(/^199990,\d+,proc_idle,/);
});

test('nothing is written of two runs at once', async () => {
  const events = store(20_000);
  const csv = eventsCsv(events);
  events.clear();
  expect(await csv).toBeNull();
});

test('a run without events gives the header', async () => expect(await (await eventsCsv(new EventStore()))!.text()).toBe(CSV_HEADER));

test('every kind of event has a name', () => {
  for (const kind of Object.values(EventKind)) {
    expect(csvLine({ timeNs: 0, seq: 1, kind, reason: 0, p: 0, g: 0, a: 0, b: 0 })).toMatch(/^0,1,[a-z_]+,/);
  }
});

test('samples of the heap are one line each, no limit an empty cell', async () => {
  const history = new History();
  const heap = { phase: 1, cycles: 2, live: 300, goal: 400, limit: Infinity, gogc: -1 } as LiveHeap;
  history.push({ run: 1, elapsedNs: 5, ps: [], heap } as unknown as LiveSnapshot);
  const lines = (await heapCsv(history).text()).split('\n');
  expect(lines[0]).toMatch(/^time_ns,phase,cycles,live,goal,trigger,in_use,limit,/);
  expect(lines[1]).toMatch(/^5,1,2,300,400,,,,/);
  expect(lines).toHaveLength(3);
});

test('the kinds are called as in the files of the command line', () => {
  const source = readFileSync(new URL('../../../core/experiments/event_lines.cpp', import.meta.url), 'utf8');
  const table = /kKinds\[\] = \{([^}]*)\}/.exec(source)![1]!;
  const names = [...table.matchAll(/"([^"]*)"/g)].map(([, name]) => name!);
  expect(names.length).toBe(EventKind.GcAssistWait + 1);
  names.forEach((name, kind) => expect(csvLine({ timeNs: 0, seq: 0, kind, reason: 0, p: 0, g: 0, a: 0, b: 0 }).split(',')[2]).toBe(name));
});
