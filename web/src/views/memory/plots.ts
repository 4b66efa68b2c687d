/** The plots of the heap: one function a chart. Pure. */
import type { LiveHeap } from '../../engine/types';
import { type Collection, collectionsOf } from '../../state/gc-log';
import type { BandSpan, Bands } from '../../ui/chart-bands';
import type { ChartProps, Point, Series } from '../../ui/chart';
import { bytes, duration, percent, plural, significant } from '../format';
import { type Recorded, NO_EVENTS, closed, endOf, histogramPoints, lost, nothingYet, points, quantile, timeAxis, whole } from '../lab/plots';
import { type HeapRow, type HeapSize, heapRows } from './heap-rows';
import { knownCollections, missingSentence } from './known';
import { type Shares, sharesOfCollections, sharesOfSamples } from './shares';

const MIB = 2 ** 20;
const GC_PAUSES = '/sched/pauses/total/gc:seconds';
const FEW_SAMPLES = 4;

const mib = (values: Point[]): Point[] => values.map(({ x, y }) => ({ x, y: y / MIB }));
const sizeAxis = { title: 'MiB', format: (value: number) => bytes(value * MIB), tick: (value: number) => significant(value), min: 0 };
const rateAxis = { title: 'MiB/s', format: (value: number) => `${bytes(value * MIB)}/s`, tick: (value: number) => significant(value), min: 0 };
const shareAxis = { title: '% of all Ps’ time', format: (value: number) => percent(value / 100), tick: (value: number) => significant(value), min: 0 };

/** A run without a heap has nothing to draw here, and says why. */
function noHeap(recorded: Recorded, what: string, over: string): string {
  const { result, history, live } = recorded;
  const without = result ? !result.memory && !history.hasHeap : live && history.points.length > 0 && !history.hasHeap;
  return without ? 'This run does not use the collected heap.' : nothingYet(recorded, what, over);
}

function lastKnownNs({ startNs, markNs, markedNs }: Collection): number {
  return [markedNs, markNs].find((ns) => ns < Infinity) ?? startNs;
}

function bandsOf(collections: readonly Collection[]): Bands {
  const spans: BandSpan[] = [];
  const seconds = (ns: number): number => ns / 1e9;
  for (const [i, collection] of collections.entries()) {
    const { startNs, markNs, markedNs, assistNs } = collection;
    // Only the latest can be going on; where another has no end, the event that told it was lost.
    const endNs = i < collections.length - 1 && collection.endNs === Infinity ? lastKnownNs(collection) : collection.endNs;
    const from = Math.min(markNs, startNs);
    spans.push({ mark: 'gc', from: seconds(from), to: seconds(endNs) });
    if (assistNs > 0) spans.push({ mark: 'assist', from: seconds(from), to: seconds(Math.min(markedNs, endNs)) });
    spans.push({ mark: 'stw', from: seconds(startNs), to: seconds(Math.min(markNs, endNs)) });
    if (markedNs < Infinity) spans.push({ mark: 'stw', from: seconds(markedNs), to: seconds(endNs) });
  }
  return { spans, legend: [{ mark: 'gc', label: 'collection' }, { mark: 'assist', label: 'with assists' }, { mark: 'stw', label: 'world stopped' }] };
}

/** A limit so far above all else is not drawn: the heap would be a line on the floor. */
const limitFits = (limit: number, most: number): boolean => limit <= most * 2.5;

function limitSentence(rows: readonly HeapRow[], most: number): string {
  const beyond = rows.filter(({ limit }) => limit > 0 && !limitFits(limit, most));
  if (beyond.length === 0) return '';
  const last = beyond[beyond.length - 1]!;
  if (last === rows[rows.length - 1]) return ` The limit, ${bytes(last.limit)}, lies above the chart.`;
  return ` For a time the limit, ${bytes(Math.max(...beyond.map(({ limit }) => limit)))}, lay above the chart.`;
}

export function heapPlot(recorded: Recorded): ChartProps {
  const { history, events } = recorded;
  const known = knownCollections(recorded);
  const rows = heapRows(history.points, known.collections);
  const highest = (...sizes: HeapSize[]): number => rows.reduce((most, row) => Math.max(most, ...sizes.map((size) => row[size] || 0)), 0);
  const most = highest('live', 'goal', 'inUse');
  const line = (size: HeapSize): Point[] => rows.map((row) => ({ x: row.t, y: size === 'limit' && !limitFits(row.limit, most) ? NaN : row[size] / MIB }));
  const series: Series[] = [
    { label: 'live', tone: 'heapLive', line: 0, filled: true, points: line('live') },
    { label: 'goal', tone: 'heapGoal', line: 0, stepped: true, points: line('goal') },
  ];
  // Of a few samples a line would tell less than it seems to.
  if (known.collections.length === 0 || history.points.length >= FEW_SAMPLES) {
    series.push(
      { label: 'trigger', tone: 'heapGoal', line: 2, stepped: true, points: line('trigger') },
      { label: 'spans in use', tone: 'textMuted', line: 3, points: line('inUse') },
      { label: 'memory limit', tone: 'heapLimit', line: 1, stepped: true, points: line('limit') },
    );
  }
  const paused = known.collections.length > 0 ? `, world stopped for ${duration(pausedNs(recorded))} in all` : '';
  return {
    title: 'How large was the heap, and when was it collected?', x: timeAxis(endOf(recorded)), y: sizeAxis, bands: bandsOf(known.collections),
    series: series.filter(({ points }) => points.some(({ y }) => !Number.isNaN(y))),
    summary: `At most ${bytes(highest('live'))} live; ${plural(known.total, 'collection')}${paused}.${missingSentence(known)}${limitSentence(rows, most)}${lost(events)}`,
    empty: noHeap(recorded, 'what lives on the heap, and at what size it is collected', 'The run was over before its heap could be sampled.'),
  };
}

function pausedNs({ result, events }: Recorded): number {
  return result?.memory?.gc_stats.pause_total_ns ?? events.gc.pausedNs;
}

export function pausesPlot(recorded: Recorded): ChartProps {
  const { events, result } = recorded;
  const metric = result?.metrics[GC_PAUSES];
  const fromMetric = typeof metric === 'object' && metric.counts.some((n) => n > 0);
  const histogram = closed(fromMetric ? metric : events.gc.pauseHistogram());
  const total = histogram.counts.reduce((sum, n) => sum + n, 0);
  const shown = histogramPoints(histogram);
  const said = [0.5, 0.99].map((q) => duration(quantile(histogram, q) * 1e9));
  const longest = events.gc.longestPauseNs;
  return {
    title: 'How long did the world stand still?',
    x: { title: 'length of a pause', format: (seconds) => duration(Math.round(seconds * 1e12) / 1e3), log: true, min: shown[0]?.x, max: shown[shown.length - 1]?.x },
    y: { title: 'pauses', format: whole, min: 0, whole: true },
    series: [{ label: 'pauses', mark: 'stw', filled: true, stepped: true, points: shown }],
    summary: total > 0 ? `Half of ${plural(total, 'pause')} took ${said[0]} or less, 99 % ${said[1]} or less${longest > 0 ? `; the longest ${duration(longest)}` : ''}.${lost(events)}` : '',
    empty: noHeap(recorded, 'for how long each collection stops the world', 'The world was not stopped for a collection in this run.'),
  };
}

export function allocRatePlot(recorded: Recorded): ChartProps {
  const { history } = recorded;
  const first = history.points[0];
  const rateOf = (counter: (heap: LiveHeap) => number): Point[] => {
    // The counters begin with the run: up to the first sample, too, there is a rate, and for many a run it is the highest.
    const begun = first?.heap && first.elapsedNs > 0 ? [{ x: first.elapsedNs / 1e9, y: (counter(first.heap) * 1e9) / first.elapsedNs / MIB }] : [];
    return history.hasHeap ? [...begun, ...mib(points(history.heapRate(counter)))] : [];
  };
  const allocated = rateOf((heap) => heap.allocatedBytes);
  const few = allocated.length < 2;
  const last = history.points.at(-1);
  const mean = last?.heap && last.elapsedNs > 0 ? (last.heap.allocatedBytes * 1e9) / last.elapsedNs : NaN;
  const objects = last?.heap && last.elapsedNs > 0 ? (last.heap.allocatedObjects * 1e9) / last.elapsedNs : NaN;
  const words = `${bytes(mean)}/s over the whole run, in ${significant(objects)} objects/s`;
  return {
    title: 'How fast was memory allocated and freed?', x: timeAxis(endOf(recorded)), y: rateAxis,
    series: few ? [] : [
      { label: 'allocated', tone: 'heapLive', line: 0, filled: true, points: allocated },
      { label: 'freed', tone: 'gc', line: 1, points: rateOf((heap) => heap.freedBytes) },
    ],
    summary: few ? '' : `${words}; ${bytes(Math.max(0, ...allocated.map(({ y }) => y)) * MIB)}/s at most.`,
    empty: noHeap(recorded, 'how many bytes a second are allocated, and how many the sweeper gives back', Number.isNaN(mean) ? 'The run was over before its rate could be measured.' : `Over before there were two samples to draw: ${words}.`),
  };
}

export function gcCpuPlot(recorded: Recorded): ChartProps {
  const { events, history, result } = recorded;
  const told = result?.memory?.cycles ?? [];
  const complete = told.length > 0 && told[0]!.cycle === 1;
  const shares = complete ? sharesOfCollections(collectionsOf(events.gc, result), endOf(recorded)) : sharesOfSamples(history);
  // A step holds until the next point: each share stands where its time begins, and the last once more where it ends.
  const begins = [shares.from, ...shares.t];
  const line = (y: number[]): Point[] => (y.length > 0 ? [...y, y[y.length - 1]!] : []).map((share, i) => ({ x: begins[i]!, y: share * 100 }));
  const together = shares.t.map((_, i) => shares.workers[i]! + shares.assist[i]! + shares.idle[i]! + shares.paused[i]!);
  // Chart.js would round an axis that has to hold nearly everything up to 120 or 150 %.
  const y = Math.max(0, ...together) > 0.6 ? { ...shareAxis, max: 100 } : shareAxis;
  return {
    title: 'How much of the processors did the collector take?', stacked: true, x: timeAxis(endOf(recorded)), y,
    series: [
      { label: 'mark workers', mark: 'gc', stepped: true, points: line(shares.workers) },
      { label: 'assists', mark: 'assist', stepped: true, points: line(shares.assist) },
      { label: 'marking in idle time', tone: 'gc', line: 2, stepped: true, points: line(shares.idle) },
      { label: 'world stopped', mark: 'stw', stepped: true, points: line(shares.paused) },
    ],
    summary: cpuSummary(recorded, shares),
    empty: noHeap(recorded, 'what part of the Ps’ time goes to marking, to assists and to pauses', events.gc.begun > 0 ? 'The run was over before a share could be measured.' : 'The heap was not collected in this run.'),
  };
}

function cpuSummary({ result }: Recorded, shares: Shares): string {
  const metric = (name: string): number => {
    const value = result?.metrics[name];
    return typeof value === 'number' ? value : NaN;
  };
  const all = metric('/cpu/classes/total:cpu-seconds');
  const of = (name: string): string => percent(metric(`/cpu/classes/gc/${name}:cpu-seconds`) / all);
  if (all > 0) return `${of('total')} of all Ps’ time: ${of('mark/dedicated')} mark workers, ${of('mark/assist')} assists, ${of('mark/idle')} otherwise idle time, ${of('pause')} with the world stopped.`;
  const mean = (y: number[]): number => y.reduce((sum, n) => sum + n, 0) / Math.max(1, y.length);
  return shares.t.length > 0 ? `About ${percent(mean(shares.workers) + mean(shares.assist) + mean(shares.paused))} so far, idle time not counted; each step is the mean from one finished collection to the next.` : NO_EVENTS;
}
