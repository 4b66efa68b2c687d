/** The event log as a table for other programs: the names of the command line's event files. */
import type { RunEvent } from '../engine/types';
import type { EventStore } from './events';

/** By the number of the kind. */
const KINDS = [
  '', 'go_create', 'go_run', 'proc_idle', 'go_ready', 'steal', 'overflow', 'global_take', 'proc_start', 'handoff', 'preempt', 'syscall_enter', 'syscall_exit',
  'm_park', 'm_wake', 'timer_fire', 'stw_begin', 'stw_stopped', 'stw_end', 'gomaxprocs', 'user', 'fatal',
];
export const CSV_HEADER = 'time_ns,seq,kind,reason,p,g,a,b\n';
const CHUNK = 1 << 14;

export function csvLine({ timeNs, seq, kind, reason, p, g, a, b }: RunEvent): string {
  return `${timeNs},${seq},${KINDS[kind] ?? kind},${reason},${p < 0 ? '' : p},${g},${a},${b}\n`;
}

/** All events held, the oldest first as they came. Makes room for the page between chunks; null: another run began meanwhile. */
export async function eventsCsv(events: EventStore): Promise<Blob | null> {
  const { generation } = events;
  const parts = [CSV_HEADER];
  // Events forgotten meanwhile shift the rest: the place of one is counted from the start of the run.
  for (let at = events.total - events.count; at < events.total; ) {
    let text = '';
    const first = events.total - events.count;
    at = Math.max(at, first);
    const end = Math.min(events.total, at + CHUNK);
    for (; at < end; at++) text += csvLine(events.eventAt(at - first));
    parts.push(text);
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (events.generation !== generation) return null;
  }
  return new Blob(parts, { type: 'text/csv' });
}
