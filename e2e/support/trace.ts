/** What the browser's own trace says of a page's main thread. */
export const CATEGORIES = ['toplevel', 'disabled-by-default-devtools.timeline', '__metadata'];

export interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Microseconds by the clock, and of the thread's own time. */
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

/** The tasks of the pages' main threads. */
export function mainThreadTasks(trace: Buffer): TraceEvent[] {
  const events = (JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }).traceEvents;
  const place = (event: TraceEvent): string => `${event.pid}/${event.tid}`;
  const mains = new Set(events.filter((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain').map(place));
  return events.filter((event) => mains.has(place(event)) && event.name === 'RunTask' && event.tdur !== undefined);
}

/** Those that are long for somebody who wants to click meanwhile, in words. */
export function longTasks(microseconds: number[]): string {
  return microseconds.filter((us) => us > 50_000).map((us) => `${Math.round(us / 1000)} ms`).join(', ') || 'none';
}
