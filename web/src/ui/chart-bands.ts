/**
 * Stretches of time behind the lines of a chart: collections of the garbage collector, and the moments for which the world stood still.
 * A collection is a faint band with a solid edge on top, striped below it where goroutines helped; a stop is a line with a foot, or a foot
 * alone where stops are so many that their lines would fill the chart, as if the world had always stood still. What would fall on one pixel is drawn once, so thousands cost no more than the chart is wide.
 */
import type { Chart, Plugin } from 'chart.js';
import type { Mark, MarkFills } from './canvas-marks';
import type { Palette } from './theme';

export interface BandSpan {
  mark: 'gc' | 'assist' | 'stw';
  /** On the x axis. */
  from: number;
  to: number;
}

export interface Bands {
  /** In the order of `from` within each mark. */
  spans: readonly BandSpan[];
  legend: readonly { mark: Mark; label: string }[];
}

interface Drawn {
  spans: readonly BandSpan[];
  palette: Palette;
  fills: MarkFills;
}

const EDGE_PX = 3;
const ASSIST_PX = 6;
/** A line at a stop of the world takes so much of the chart's width at least. */
const LINE_PX = 8;
const bandsOf = new WeakMap<object, Drawn>();

export function setBands(chart: object, bands: Drawn | undefined): void {
  if (bands) bandsOf.set(chart, bands);
  else bandsOf.delete(chart);
}

export interface Stretch {
  x: number;
  width: number;
}

/** Whether there is room for a line as high as the chart at each stop. */
export function hasRoomForLines(spans: readonly BandSpan[], width: number): boolean {
  return spans.filter(({ mark }) => mark === 'stw').length * LINE_PX <= width;
}

/** Where the spans of one mark lie in pixels, at least one wide, those that touch drawn as one. */
export function stretches(spans: readonly BandSpan[], mark: BandSpan['mark'], toPx: (value: number) => number, left: number, right: number): Stretch[] {
  const out: Stretch[] = [];
  for (const span of spans) {
    if (span.mark !== mark) continue;
    const from = Math.max(left, toPx(span.from));
    const to = Math.min(right, Math.max(from + 1, toPx(Math.min(span.to, Number.MAX_VALUE))));
    if (to <= left || from >= right) continue;
    const last = out[out.length - 1];
    if (last && from < last.x + last.width + 1) last.width = Math.max(last.width, to - last.x);
    else out.push({ x: from, width: to - from });
  }
  return out;
}

export const bandsPlugin: Plugin = {
  id: 'samovar-bands',
  beforeDatasetsDraw(chart: Chart) {
    const bands = bandsOf.get(chart);
    const scale = chart.scales.x;
    if (!bands || !scale) return;
    const { ctx, chartArea } = chart;
    const { left, right, top, bottom } = chartArea;
    const toPx = (value: number): number => (value >= Number.MAX_VALUE ? right : scale.getPixelForValue(value));
    const of = (mark: BandSpan['mark']): Stretch[] => stretches(bands.spans, mark, toPx, left, right);
    ctx.save();
    ctx.fillStyle = bands.palette.gc;
    for (const { x, width } of of('gc')) {
      ctx.globalAlpha = 0.14;
      ctx.fillRect(x, top, width, bottom - top);
      ctx.globalAlpha = 1;
      ctx.fillRect(x, top, width, EDGE_PX);
    }
    ctx.fillStyle = bands.fills.assist;
    for (const { x, width } of of('assist')) ctx.fillRect(x, top + EDGE_PX + 1, width, ASSIST_PX);
    const lines = hasRoomForLines(bands.spans, right - left);
    ctx.fillStyle = bands.palette.stw;
    for (const { x, width } of of('stw')) {
      ctx.globalAlpha = 0.5;
      if (lines) ctx.fillRect(x, top, width, bottom - top);
      ctx.globalAlpha = 1;
      ctx.fillRect(x - 1, bottom - 5, width + 2, 5);
    }
    ctx.restore();
  },
};
