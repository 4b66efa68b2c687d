/** The event log and the samples of the heap as tables for other programs: events under the names of the command line's event files. */
import { nextTask } from '../engine/next-task';
import type { LiveHeap, RunEvent } from '../engine/types';
import type { EventStore } from './events';
import type { History } from './history';

/** By the number of the kind. */
const KINDS = [
  '', 'go_create', 'go_run', 'proc_idle', 'go_ready', 'steal', 'overflow', 'global_take', 'proc_start', 'handoff', 'preempt', 'syscall_enter', 'syscall_exit',
  'm_park', 'm_wake', 'timer_fire', 'stw_begin', 'stw_stopped', 'stw_end', 'gomaxprocs', 'user', 'fatal',
  'gc_begin', 'gc_mark', 'gc_marked', 'gc_swept', 'gc_assist', 'gc_assist_wait',
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
    await nextTask();
    if (events.generation !== generation) return null;
  }
  return new Blob(parts, { type: 'text/csv' });
}

/** Columns of the heap's table. Sizes in bytes, times in ns; a size without a limit is an empty cell. */
const HEAP_COLUMNS: readonly [name: string, value: (heap: LiveHeap) => number][] = [
  ['phase', (heap) => heap.phase], ['cycles', (heap) => heap.cycles], ['live', (heap) => heap.live], ['goal', (heap) => heap.goal], ['trigger', (heap) => heap.trigger],
  ['in_use', (heap) => heap.inUse], ['limit', (heap) => heap.limit], ['marked', (heap) => heap.marked], ['allocated', (heap) => heap.allocatedBytes],
  ['allocated_objects', (heap) => heap.allocatedObjects], ['freed', (heap) => heap.freedBytes], ['freed_objects', (heap) => heap.freedObjects], ['gogc', (heap) => heap.gogc],
  ['mapped', (heap) => heap.mapped], ['assist_ns', (heap) => heap.assistNs], ['mark_worker_ns', (heap) => heap.markNs], ['idle_mark_ns', (heap) => heap.idleNs],
  ['paused_ns', (heap) => heap.pausedNs],
];

/** The samples of the heap that were kept, one line each. */
export function heapCsv(history: History): Blob {
  const lines = [['time_ns', ...HEAP_COLUMNS.map(([name]) => name)].join(',')];
  for (const { elapsedNs, heap } of history.points) {
    if (heap) lines.push([elapsedNs, ...HEAP_COLUMNS.map(([, value]) => (Number.isFinite(value(heap)) ? value(heap) : ''))].join(','));
  }
  return new Blob([`${lines.join('\n')}\n`], { type: 'text/csv' });
}
