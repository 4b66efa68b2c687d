/** The tables that the event log is indexed into, beside the lanes: steals, single moments, stops of the world. */
import { EventKind } from '../engine/types';
import type { Columns } from './columns';

export const STEAL = { time: 'f64', thief: 'u16', victim: 'u16', taken: 'u32', g: 'u32' } as const;
export const MOMENT = { time: 'f64', p: 'u16', g: 'u32', value: 'f64', kind: 'u32' } as const;
export const STW = { start: 'f64', stopped: 'f64', end: 'f64', g: 'u32', reason: 'u8' } as const;

export type StealTable = Columns<typeof STEAL>;
export type MomentTable = Columns<typeof MOMENT>;
export type StwTable = Columns<typeof STW>;

/** Adds a row and keeps the table in the order of time: one that comes late from another P's ring is moved to its place. */
export function addMoment(table: MomentTable, timeNs: number, p: number, g: number, value: number, kind: number): void {
  const row = table.push();
  const { at } = table;
  at.time[row] = timeNs;
  at.p[row] = p;
  at.g[row] = g;
  at.value[row] = value;
  at.kind[row] = kind;
  for (let i = row; i > table.from && at.time[i - 1]! > at.time[i]!; i--) {
    for (const column of [at.time, at.p, at.g, at.value, at.kind]) {
      const held = column[i]!;
      column[i] = column[i - 1]!;
      column[i - 1] = held;
    }
  }
}

/** Takes one of the three events of a stop of the world; gives the row that it belongs to, -1: to none. */
export function addStop(stops: StwTable, kind: number, timeNs: number, g: number, reason: number): number {
  const open = stops.length > 0 && stops.at.end[stops.to - 1] === Infinity;
  if (kind === EventKind.StwBegin && !open) {
    const row = stops.push();
    stops.at.start[row] = timeNs;
    stops.at.stopped[row] = stops.at.end[row] = Infinity;
    stops.at.g[row] = g;
    stops.at.reason[row] = reason;
    return row;
  }
  if (!open || kind === EventKind.StwBegin) return -1;
  if (kind === EventKind.StwStopped) stops.at.stopped[stops.to - 1] = timeNs;
  else stops.at.end[stops.to - 1] = timeNs;
  return stops.to - 1;
}
