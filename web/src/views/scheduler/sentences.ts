/** What happened, as short sentences in Go's terms. Pure. */
import type { LiveSnapshot } from '../../engine/types';
import type { EventStore } from '../../state/events';
import type { Slice } from '../../state/lanes';
import { GC_WORKER, STW_WORDS, stopWords } from '../../state/reasons';
import { count, duration, moment, percent, plural } from '../format';

export type Label = (g: number) => string;

/** "g18 worker", or "g18" where the name is not known. */
export function labelOf(events: EventStore, names: readonly string[]): Label {
  return (g) => {
    const name = names[events.nameIndex(g)];
    return name ? `g${g} ${name}` : `g${g}`;
  };
}

/** Whether a goroutine is one of the collector's background workers. */
export function gcOf(events: EventStore, names: readonly string[]): (g: number) => boolean {
  const worker = names.indexOf(GC_WORKER);
  return (g) => worker >= 0 && events.nameIndex(g) === worker;
}

export function sliceSentence(slice: Slice, nowNs: number, label: Label): string {
  const inherited = slice.inherited ? ' It inherited its time slice.' : '';
  const since = `from ${moment(slice.startNs)}`;
  if (slice.endNs === Infinity) {
    return `${label(slice.g)} has been running on P${slice.p} for ${duration(nowNs - slice.startNs)}, ${since}.${inherited}`;
  }
  return `${label(slice.g)} ran on P${slice.p} for ${duration(slice.endNs - slice.startNs)}, ${since}, then ${stopWords(slice.stopReason)}.${inherited}`;
}

export function crowdSentence(p: number, t0: number, t1: number, slices: number, share: number): string {
  return `P${p} from ${moment(t0)} to ${moment(t1)}: ${plural(slices, 'slice')}, busy ${percent(share)}. Zoom in to see them one by one.`;
}

export function idleSentence(p: number, fromNs: number, toNs: number): string {
  return `P${p} was idle for ${duration(toNs - fromNs)}, from ${moment(fromNs)}.`;
}

export function callSentence(p: number, g: number, fromNs: number, toNs: number, label: Label): string {
  const how = toNs === Infinity ? 'is in a blocking call' : `was in a blocking call for ${duration(toNs - fromNs)}`;
  return `${label(g)} ${how} on P${p}, from ${moment(fromNs)}.`;
}

export function stealSentence(events: EventStore, row: number, label: Label): string {
  const { at } = events.steals;
  return `P${at.thief[row]!} stole ${plural(at.taken[row]!, 'goroutine')} from P${at.victim[row]!} at ${moment(at.time[row]!)} and ran ${label(at.g[row]!)} first.`;
}

export function preemptSentence(events: EventStore, row: number, label: Label): string {
  const { at } = events.preempts;
  return `${label(at.g[row]!)} on P${at.p[row]!} was told to yield at ${moment(at.time[row]!)}, after running for ${duration(at.value[row])}.`;
}

export function stopSentence(events: EventStore, row: number): string {
  const { at } = events.stops;
  const [start, stopped, end] = [at.start[row]!, at.stopped[row]!, at.end[row]!];
  const rest = stopped === Infinity ? '' : `; it took ${duration(stopped - start)} until every P stood still`;
  const why = STW_WORDS[at.reason[row]!] ?? '';
  if (end === Infinity) return `The world is being stopped${why}, since ${moment(start)}${rest}.`;
  return `The world was stopped${why} for ${duration(end - start)}, from ${moment(start)}${rest}.`;
}

/** What experiments mark (MarkKind in core/experiments/probe.h), and what the number beside it is. */
const MARKS: Readonly<Record<number, string>> = { 1: 'solved block' };

export function markSentence(events: EventStore, row: number, label: Label): string {
  const { at } = events.marks;
  const kind = at.kind[row]!;
  const where = at.p[row]! < 0xffff ? ` on P${at.p[row]!}` : '';
  const what = MARKS[kind] ?? `made mark ${kind}:`;
  return `${label(at.g[row]!)}${where} ${what} ${count(at.value[row])} at ${moment(at.time[row]!)}.`;
}

/** "4 running, 1 spinning, 2 parked"; the last sample of a run may have been taken before its Ms were parked. */
export function machinesSentence(snapshot: LiveSnapshot): string {
  const started = snapshot.ms.filter((m) => m.state !== 0).length;
  if (snapshot.state !== 'running' && started > 0) return started === 1 ? '1, parked: the run is over' : `all ${started} parked: the run is over`;
  const names = ['', 'running', 'spinning', 'parked', 'in a blocking call', 'stopping the world'];
  const parts = names.flatMap((name, state) => {
    const n = name ? snapshot.ms.filter((m) => m.state === state).length : 0;
    return n > 0 ? [`${n} ${name}`] : [];
  });
  if (parts.length > 0) return parts.join(', ');
  return snapshot.state === 'failed' ? 'none left' : 'none started';
}

/** The lanes in one sentence. */
export function lanesSentence(snapshot: LiveSnapshot): string {
  const running = snapshot.ps.filter((p) => p.status === 1).length;
  const waiting = snapshot.ps.reduce((sum, p) => sum + p.queue + (p.runnext ? 1 : 0), 0);
  return (
    `${running} of ${plural(snapshot.ps.length, 'P')} running; ${plural(waiting, 'goroutine')} in their run queues and ` +
    `${count(snapshot.globalQueue)} in the global queue; Ms: ${machinesSentence(snapshot)}.`
  );
}

export const P_STATUS: readonly string[] = ['idle', 'running', 'in a blocking call', 'stopped', 'not in use'];
