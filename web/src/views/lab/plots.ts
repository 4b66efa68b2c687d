/** Turns what was recorded into the plots of the lab: one function a chart. Pure. */
import type { Histogram, RunResult } from '../../engine/types';
import type { EventStore } from '../../state/events';
import type { History, Line } from '../../state/history';
import type { ChartProps, Point, Series } from '../../ui/chart';
import { count, duration, plural, rate, si, significant } from '../format';

export interface Recorded {
  history: History;
  events: EventStore;
  result: RunResult | null;
  /** A run is on. */
  live: boolean;
  /** What one unit of work is: "H", "messages". */
  workUnit: string;
  /** The button that starts a run. */
  verb: string;
}

/** At most this many points a line: more than the pixels of a chart say nothing more. */
const MAX_POINTS = 300;
/** What happens a few times in each of these pieces has a rate; in narrower ones it would be none here and twice as many there. */
const RATE_POINTS = 64;
/** So many Ps get a line of their own; of more, the longest queue and the mean are shown. */
const MAX_LINES = 8;

/** More rounds than this are drawn as a line alone. */
const MOST_DOTS = 60;
/** No chart of time is narrower: what the events tell is kept in pieces of this width at least. */
const LEAST_NS = 1000;

export const timeAxis = (endNs: number): ChartProps['x'] => ({
  title: 'time since the run began', format: (seconds) => duration(Math.round(seconds * 1e12) / 1e3), min: 0, max: Math.max(endNs, LEAST_NS) / 1e9,
});

export const whole = (value: number): string => (Number.isInteger(value) ? count(value) : significant(value));
/** On an axis there is room for five characters: 20 000 is written 20 k. */
export const tickCount = (value: number): string => (Math.abs(value) < 10_000 ? whole(value) : si(value, ''));

export function endOf({ history, events, result }: Recorded): number {
  const cost = result?.cost;
  const told = cost ? (cost.virtual_ns ?? cost.wall_ns) : 0;
  const sampled = history.points[history.points.length - 1]?.elapsedNs ?? 0;
  return sampled || events.lastTimeNs ? Math.max(sampled, events.lastTimeNs) : told;
}

export function points(line: Line): Point[] {
  const step = Math.max(1, Math.ceil(line.t.length / MAX_POINTS));
  const out: Point[] = [];
  for (let i = 0; i < line.t.length; i += step) out.push({ x: line.t[i]!, y: line.y[i]! });
  return out;
}

function buckets(values: ArrayLike<number>, widthNs: number, endNs: number): Point[] {
  const step = Math.max(1, Math.ceil(values.length / MAX_POINTS));
  const out: Point[] = [];
  for (let i = 0; i < values.length; i += step) {
    let sum = 0;
    let n = 0;
    for (let j = i; j < Math.min(values.length, i + step); j++, n++) sum += values[j]!;
    out.push({ x: (i * widthNs) / 1e9, y: sum / n });
  }
  const last = out[out.length - 1];
  if (last) out.push({ x: Math.max(last.x, endNs / 1e9), y: last.y });
  return out;
}

/** Rates of single events, in pieces that are all of one width: the last, which is not full yet, reaches back, or one event in it would be a thousand a second. */
export function ratePoints(perSecond: ArrayLike<number>, widthNs: number, endNs: number): Point[] {
  if (perSecond.length === 0) return [];
  const pieceNs = Math.min(endNs, Math.ceil(perSecond.length / RATE_POINTS) * widthNs);
  const out: Point[] = [];
  for (let at = 0; at < endNs; at += pieceNs) {
    const to = Math.min(endNs, at + pieceNs);
    const from = to - pieceNs;
    let events = 0;
    for (let j = Math.floor(from / widthNs); j < perSecond.length && j * widthNs < to; j++) {
      events += perSecond[j]! * (Math.min(to, (j + 1) * widthNs) - Math.max(from, j * widthNs));
    }
    out.push({ x: at / 1e9, y: events / pieceNs });
  }
  const last = out[out.length - 1];
  if (last) out.push({ x: endNs / 1e9, y: last.y });
  return out;
}

/** Instead of a picture: what one would see, and what to do for it. */
export function nothingYet({ live, result, verb }: Recorded, what: string, over: string): string {
  if (result) return over;
  return live ? 'The figures come as the run goes on.' : `Press ${verb} to see ${what}.`;
}

export const NO_EVENTS = 'The run recorded no events, so there is nothing to draw.';

function workPlot(recorded: Recorded, title: string, unit: string, resultField: string | null): ChartProps {
  const { history, result } = recorded;
  const line = history.workRate();
  const last = history.points[history.points.length - 1];
  const mean = last && last.elapsedNs > 0 ? (last.workDone * 1e9) / last.elapsedNs : NaN;
  const told = resultField ? result?.result[resultField] : undefined;
  const overall = typeof told === 'number' ? told : mean;
  const most = Math.max(0, ...line.y);
  const few = line.t.length < 2;
  const endNs = endOf(recorded);
  // Too short for two samples: the mean is all there is to draw, and is said to be that.
  const flat = result !== null && few && Number.isFinite(overall) && endNs > 0;
  const drawn: Point[] = flat ? [{ x: 0, y: overall }, { x: endNs / 1e9, y: overall }] : few ? [] : points(line);
  return {
    title, x: timeAxis(endNs), y: { title: unit, format: (value) => rate(value, unit), tick: (value) => si(value, ''), min: 0 },
    series: [{ label: flat ? 'mean of the whole run' : title, points: drawn, line: 0, filled: true }],
    summary: flat ? `${rate(overall, unit)} over the whole run, drawn as its mean: it was over before there were two samples.` : few ? '' : `${rate(overall, unit)} ${recorded.live ? 'so far' : 'over the whole run'}, ${rate(most, unit)} at most.`,
    empty: nothingYet(recorded, `how many ${unit} it does over the run`, 'The run was over before its rate could be measured.'),
  };
}

export function hashRatePlot(recorded: Recorded): ChartProps {
  return workPlot(recorded, 'How fast is it hashing?', 'H/s', 'hashes_per_second');
}

export function workRatePlot(recorded: Recorded): ChartProps {
  return workPlot(recorded, 'How fast is the work done?', `${recorded.workUnit}/s`, null);
}

export function goroutinesPlot(recorded: Recorded): ChartProps {
  const { events } = recorded;
  const { widthNs, states } = events.states();
  const endNs = Math.max(endOf(recorded), LEAST_NS);
  const names = [['running', 'running'], ['runnable', 'runnable'], ['waiting', 'waiting'], ['syscall', 'in a blocking call']] as const;
  const series: Series[] = names.map(([mark, label], i) => ({ label, mark, points: buckets(states[i]!, widthNs, endNs), stepped: false }));
  const peak = (i: number): string => whole(Math.ceil(Math.max(0, ...states[i]!) - 1e-6));
  return {
    title: 'What were the goroutines doing?', stacked: true, x: timeAxis(endNs), y: { title: 'goroutines', format: whole, tick: tickCount, min: 0, whole: true }, series,
    summary: `At most ${peak(0)} running, ${peak(1)} runnable, ${peak(2)} waiting and ${peak(3)} in blocking calls at once.${lost(events)}`,
    empty: nothingYet(recorded, 'how many run, how many stand in a queue, and how many wait', NO_EVENTS),
  };
}

export function queuesPlot(recorded: Recorded): ChartProps {
  const { history, events } = recorded;
  const base = { title: 'How long were the run queues?', y: { title: 'goroutines waiting', format: whole, tick: tickCount, min: 0, whole: true } };
  if (!recorded.live && history.points.length < 4 && events.settled && events.total > 0) {
    const { widthNs, states } = events.states();
    const endNs = endOf(recorded);
    return {
      ...base, x: timeAxis(endNs), series: [{ label: 'all queues together', line: 0, filled: true, points: buckets(states[1]!, widthNs, endNs) }],
      summary: 'All queues together, from the events: the run was too short to sample each one.',
    };
  }
  const { procs } = history;
  const series: Series[] = [{ label: 'global', points: points(history.queue(-1)), line: 0, stepped: true }];
  if (procs <= MAX_LINES - 1) {
    for (let p = 0; p < procs; p++) series.push({ label: `P${p}`, points: points(history.queue(p)), line: p + 1, stepped: true });
  } else {
    series.push({ label: 'longest of a P', points: points(spread(history, (queues) => Math.max(...queues))), line: 1, stepped: true });
    series.push({ label: 'mean of the Ps', points: points(spread(history, (queues) => queues.reduce((sum, n) => sum + n, 0) / queues.length)), line: 2, stepped: true });
  }
  const longest = Math.max(0, ...history.points.flatMap((point) => point.queues));
  const longestGlobal = Math.max(0, ...history.points.map((point) => point.globalQueue));
  return {
    ...base, x: timeAxis(endOf(recorded)), series,
    summary:
      longest === 0 && longestGlobal > 0
        ? `Up to ${plural(longestGlobal, 'goroutine')} stood in the global queue, none in that of a P.`
        : longest > 0
        ? `Up to ${plural(longest, 'goroutine')} waited for one P, runnext included, and up to ${count(longestGlobal)} in the global queue.`
        : `No queue held a goroutine in any of the ${plural(history.points.length, 'sample')}.`,
    empty: nothingYet(recorded, 'how many goroutines stand in the queue of each P', 'The run was over before a queue could be sampled.'),
  };
}

function spread(history: History, value: (queues: number[]) => number): Line {
  const sampled = history.points.filter((point) => point.queues.length > 0);
  return { t: sampled.map((point) => point.elapsedNs / 1e9), y: sampled.map((point) => value(point.queues)) };
}

export function stealsPlot(recorded: Recorded): ChartProps {
  const { events } = recorded;
  const { widthNs, stealsPerSecond, preemptionsPerSecond } = events.ratesOverTime();
  const steals = events.steals.length;
  const preempts = events.preempts.length;
  const endNs = endOf(recorded);
  return {
    title: 'How often were goroutines stolen and preempted?', x: timeAxis(endNs),
    y: { title: 'per second', format: (value) => `${significant(value)}\u202f/s`, tick: (value) => si(value, ''), min: 0, whole: true },
    series: [
      // As far as the events go; what the samples have seen since is not known yet, and not none.
      { label: 'steals', line: 0, points: ratePoints(stealsPerSecond, widthNs, events.lastTimeNs) },
      { label: 'preemptions', line: 1, points: ratePoints(preemptionsPerSecond, widthNs, events.lastTimeNs) },
    ],
    summary: `${plural(steals, 'steal')} and ${plural(preempts, 'preemption')} in all.${lost(events)}`,
    empty: nothingYet(recorded, 'how often Ps with nothing to do take goroutines from others', NO_EVENTS),
  };
}

/** How many others ran each time before a goroutine that had yielded was back. */
export function returnsPlot(recorded: Recorded): ChartProps {
  const told = recorded.result?.result['ran_before_return'];
  const counts = Array.isArray(told) ? told.filter((value): value is number => typeof value === 'number') : [];
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const rounds = plural(counts.length, 'round');
  return {
    title: 'How many ran before it was back?',
    x: { title: 'round', format: (round) => `round ${round}`, tick: (round) => (Number.isInteger(round) ? count(round) : ''), min: 0.5, max: counts.length + 0.5, whole: true },
    y: { title: 'goroutines', format: (n) => plural(n, 'goroutine'), tick: tickCount, min: 0, whole: true },
    series: [{ label: 'ran before it was back', line: 0, points: counts.map((y, i) => ({ x: i + 1, y })), dots: counts.length <= MOST_DOTS }],
    summary: counts.length === 0 ? '' : least === most ? `${plural(most, 'goroutine')} in ${rounds}.` : `Between ${count(least)} and ${plural(most, 'goroutine')} in ${rounds}.`,
    empty: recorded.live ? 'The counts are told when the run has ended.' : nothingYet(recorded, 'how many goroutines run while another has given its turn away', 'The run ended before a round was over.'),
  };
}

export function lost(events: EventStore): string {
  return events.dropped > 0 ? ` ${plural(events.dropped, 'event was', 'events were')} lost, so these figures are too low.` : '';
}

const LATENCIES = '/sched/latencies:seconds';

export function latencyPlot(recorded: Recorded): ChartProps {
  const { events, result } = recorded;
  const metric = result?.metrics[LATENCIES];
  const fromMetric = typeof metric === 'object' && metric.counts.some((n) => n > 0);
  const histogram = closed(fromMetric ? metric : events.latencies());
  const total = histogram.counts.reduce((sum, n) => sum + n, 0);
  const shown = histogramPoints(histogram);
  const said = [0.5, 0.99].map((q) => duration(quantile(histogram, q) * 1e9));
  return {
    title: 'How long did goroutines wait to run?',
    x: { title: 'time from runnable to running', format: (seconds) => duration(Math.round(seconds * 1e12) / 1e3), log: true, min: shown[0]?.x, max: shown[shown.length - 1]?.x },
    y: { title: 'goroutines', format: whole, tick: tickCount, min: 0, whole: true },
    series: [{ label: 'waits', mark: 'runnable', filled: true, stepped: true, points: shown }],
    summary: total > 0 ? `Half waited ${said[0]} or less, 99 % ${said[1]} or less; ${plural(total, 'wait')} ${fromMetric ? `in ${LATENCIES}` : 'seen in the events'}.` : '',
    empty: nothingYet(recorded, 'how long goroutines stood ready before a P took them', 'No goroutine had to wait for a P in this run.'),
  };
}

/** With an edge on either side of each count: the engine leaves out the infinite ones. */
export function closed(histogram: Histogram): Histogram {
  const { buckets, counts } = histogram;
  return buckets.length === counts.length - 1 ? { buckets: [-Infinity, ...buckets, Infinity], counts } : histogram;
}

/** Steps from edge to edge, from the first bucket with something in it to the last; a bucket that begins at 0 is drawn from 32 ns. */
export function histogramPoints({ buckets: edges, counts }: Histogram): Point[] {
  const first = counts.findIndex((n) => n > 0);
  const last = counts.findLastIndex((n) => n > 0);
  if (first < 0) return [];
  const x = (i: number): number => Math.min(Math.max(edge(edges[i], i === 0 ? -Infinity : Infinity), 32e-9), 2 ** 48 / 1e9);
  // A step holds until the next point: each count stands at the lower edge of its bucket.
  const out: Point[] = [{ x: x(Math.max(0, first - 1)), y: 0 }];
  for (let i = first; i <= last; i++) out.push({ x: x(i), y: counts[i]! });
  out.push({ x: x(last + 1), y: 0 }, { x: x(Math.min(edges.length - 1, last + 2)), y: 0 });
  return out.filter((point, i) => i === 0 || point.x >= out[i - 1]!.x);
}

/** JSON has no infinity: an absent edge is the end it stands at. */
function edge(value: number | null | undefined, otherwise: number): number {
  return value ?? otherwise;
}

/** The upper edge of the bucket that holds the quantile: no more is known. NaN: empty. */
export function quantile({ buckets: edges, counts }: Histogram, q: number): number {
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total === 0) return NaN;
  let seen = 0;
  for (let i = 0; i < counts.length; i++) {
    seen += counts[i]!;
    if (seen >= q * total) {
      const upper = edge(edges[i + 1], Infinity);
      return Number.isFinite(upper) ? upper : edge(edges[i], 0);
    }
  }
  return NaN;
}
