/**
 * Draws the timeline of a run. The cost of a frame depends on the width of the canvas and never on the length of the run: a
 * lane is swept from left to right; where a slice is wide enough to see it is drawn as one, where slices are narrower than a
 * few pixels a column shows how busy the P was there, from running sums. Steals, preemptions and stops of the world
 * that would fall on one another are drawn once.
 */
import type { EventStore } from '../state/events';
import type { Lane } from '../state/lanes';
import type { Surface } from './canvas';
import { AXIS_HEIGHT, type Layout, laneTop, timeAt, xOf } from './timeline-layout';
import { type View, ticks } from './timeline-scale';

/** Narrower slices are drawn together; the more lanes, the sooner. */
export const minSlicePx = (layout: Layout): number => (layout.procs > 32 ? 6 : 3);
const NOTCH_PX = 6;
/** Arrows and marks closer than this are drawn once. */
const arrowPx = (layout: Layout): number => (layout.width < 600 ? 14 : 7);
/** Width of a column, wider where there are many lanes. */
const columnPx = (layout: Layout): number => (layout.procs > 32 ? 3 : 2);
const MIN_LABEL_PX = 24;

export interface Pinned {
  p: number;
  row: number;
}

export interface Scene {
  events: EventStore;
  view: View;
  layout: Layout;
  /** End of what can be seen: an unfinished slice reaches to here. */
  endNs: number;
  label: (g: number) => string;
  /** Whether a goroutine is one of the collector's workers. */
  isGc: (g: number) => boolean;
  cursorX: number | null;
  pinned: Pinned | null;
  lane: number | null;
}

export function drawTimeline(surface: Surface, scene: Scene): void {
  const arrows = arrowsOf(scene);
  drawAxis(surface, scene);
  drawCollections(surface, scene);
  for (let p = 0; p < scene.layout.procs; p++) drawLane(surface, scene, p, crossingsOf(arrows, p));
  drawAssists(surface, scene);
  drawStops(surface, scene);
  drawPreempts(surface, scene);
  drawSteals(surface, arrows);
  drawMarks(surface, scene);
  drawPinned(surface, scene);
  if (scene.cursorX !== null && scene.cursorX >= scene.layout.left) {
    surface.ctx.fillStyle = surface.palette.textMuted;
    surface.ctx.fillRect(Math.round(scene.cursorX), AXIS_HEIGHT, 1, surface.height - AXIS_HEIGHT);
  }
}

function drawAxis({ ctx, width, height, palette }: Surface, { view, layout }: Scene): void {
  const { times, label } = ticks(view, Math.max(2, (width - layout.left) / 90));
  ctx.font = `12px ${palette.mono}`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  for (const time of times) {
    const x = Math.round(xOf(layout, view, time));
    ctx.fillStyle = palette.grid;
    ctx.fillRect(x, 0, 1, height);
    ctx.fillStyle = palette.textMuted;
    const text = label(time);
    if (x + 4 + text.length * 7.3 < width) ctx.fillText(text, x + 4, AXIS_HEIGHT / 2);
  }
}

function drawLane(surface: Surface, scene: Scene, p: number, crossings: readonly number[]): void {
  const { ctx, width, palette } = surface;
  const { layout } = scene;
  const top = laneTop(layout, p);
  const { laneHeight } = layout;
  ctx.font = `${Math.min(12, Math.max(9, laneHeight))}px ${palette.mono}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = scene.lane === p ? palette.text : palette.textMuted;
  if (laneHeight >= 12 || p % 4 === 0) ctx.fillText(`P${p}`, 0, top + laneHeight / 2);
  ctx.fillStyle = scene.lane === p ? palette.textMuted : palette.line;
  ctx.fillRect(layout.left, top + laneHeight, width - layout.left, 1);
  const lane = scene.events.lanes[p];
  if (!lane) return;
  sweepSlices(surface, scene, lane, top, crossings);
  sweepCalls(surface, scene, lane, top);
}

/** From left to right: a slice that is wide enough by itself, all others in columns; columns of one height are one rectangle. */
function sweepSlices(surface: Surface, scene: Scene, lane: Lane, top: number, crossings: readonly number[]): void {
  const { ctx, width, palette } = surface;
  const { view, layout, endNs } = scene;
  const { laneHeight, left } = layout;
  const { at, to } = lane.slices;
  const column = columnPx(layout);
  const least = minSlicePx(layout);
  const perPx = (view.t1 - view.t0) / Math.max(1, width - left);
  const lastX = Math.min(width, xOf(layout, view, endNs));
  ctx.fillStyle = palette.running;
  let row = lane.slices.upperBound('end', view.t0);
  let x = left;
  let barX = left;
  let barHeight = 0;
  const flush = (): void => {
    if (barHeight > 0) ctx.fillRect(barX, top + laneHeight - barHeight, x - barX, barHeight);
    barHeight = 0;
  };
  // Work done before `countedX`, kept because a column begins where the one before it ended.
  let countedX = -1;
  let counted = 0;
  while (x < lastX && row < to) {
    const start = at.start[row]!;
    const startX = left + (start - view.t0) / perPx;
    if (startX >= lastX) break;
    const end = Math.min(at.end[row]!, endNs);
    if ((end - Math.max(start, view.t0)) / perPx >= least) {
      flush();
      const right = Math.min(left + (end - view.t0) / perPx, width);
      drawSlice(surface, scene, at.g[row]!, Math.max(startX, left), right, top, crossings);
      x = Math.max(right, x);
      row++;
      continue;
    }
    if (startX > x + column) {
      // Nothing begins in the columns before this one.
      flush();
      x = left + Math.floor((startX - left) / column) * column;
    }
    const t0 = view.t0 + (x - left) * perPx;
    const t1 = t0 + column * perPx;
    const before = countedX === x ? counted : lane.busyUntil(t0, lane.seek(t0, row));
    row = lane.seek(t1, row);
    counted = lane.busyUntil(Math.min(t1, endNs), row);
    countedX = x + column;
    const share = Math.min(1, (counted - before) / (t1 - t0));
    const height = Math.max(1, Math.round(share * laneHeight));
    if (height !== barHeight) {
      flush();
      barX = x;
      barHeight = height;
    }
    x += column;
  }
  flush();
}

const LABEL_INSET = 5;
const CHAR = 7.25;

/** Where a label of this width stands in a slice clear of the arrows that cross its lane, from left to right; null: nowhere. */
export function labelPlace(crossings: readonly number[], from: number, right: number, width: number): number | null {
  let x = from + LABEL_INSET;
  for (const at of crossings) {
    if (at > x - ARROW_ROOM && at < x + width + ARROW_ROOM) x = at + ARROW_ROOM;
  }
  return x + width + LABEL_INSET <= right ? x : null;
}

function drawSlice({ ctx, palette }: Surface, scene: Scene, g: number, from: number, right: number, top: number, crossings: readonly number[]): void {
  const { laneHeight } = scene.layout;
  const width = right - from;
  const colour = scene.isGc(g) ? palette.gc : palette.running;
  ctx.fillStyle = colour;
  ctx.fillRect(from, top, Math.max(1, width - 1), laneHeight);
  ctx.fillStyle = palette.running;
  if (width < MIN_LABEL_PX || laneHeight < 12) return;
  const whole = scene.label(g);
  for (const text of [whole, whole.split(' ')[0]!]) {
    const x = labelPlace(crossings, from, right, text.length * CHAR);
    if (x === null) continue;
    ctx.fillStyle = palette.bg;
    ctx.fillText(text, x, top + laneHeight / 2 + 0.5);
    ctx.fillStyle = palette.running;
    return;
  }
}

function sweepCalls({ ctx, width, palette, fills }: Surface, { view, layout, endNs }: Scene, lane: Lane, top: number): void {
  const { at, to } = lane.calls;
  let row = lane.calls.upperBound('end', view.t0);
  while (row < to) {
    const from = Math.max(layout.left, xOf(layout, view, at.start[row]!));
    if (from >= width) break;
    const right = Math.max(from + 2, Math.min(width, xOf(layout, view, Math.min(at.end[row]!, endNs))));
    ctx.fillStyle = palette.bg;
    ctx.fillRect(from, top, right - from, layout.laneHeight);
    ctx.fillStyle = fills.syscall;
    ctx.fillRect(from, top, right - from, layout.laneHeight);
    ctx.strokeStyle = palette.syscall;
    if (right - from > 4) ctx.strokeRect(from + 0.5, top + 0.5, right - from - 1, layout.laneHeight - 1);
    row = Math.max(row + 1, lane.calls.upperBound('end', timeAt(layout, view, right)));
  }
}

/** A band over the lanes for each collection, thick while it marks. */
function drawCollections({ ctx, width, palette }: Surface, { events, view, layout, endNs }: Scene): void {
  ctx.fillStyle = palette.gc;
  let drawn = -Infinity;
  for (const { startNs, markNs, endNs: over } of events.gc.collections) {
    const end = Math.min(over, endNs);
    if (end < view.t0 || startNs > view.t1) continue;
    const from = Math.max(layout.left, xOf(layout, view, Math.min(markNs, startNs)));
    const right = Math.max(from + 1, Math.min(width, xOf(layout, view, end)));
    if (right <= drawn) continue;
    drawn = right;
    ctx.fillRect(from, AXIS_HEIGHT - 3, right - from, 3);
  }
}

/** Striped along the foot of the lane while its goroutine helped the collector. */
function drawAssists({ ctx, width, palette, fills }: Surface, { events, view, layout }: Scene): void {
  const { assists } = events;
  const drawn = new Float64Array(layout.procs).fill(-Infinity);
  const stride = strideOf(assists.upperBound('time', view.t0), assists.upperBound('time', view.t1), width);
  const height = Math.max(2, Math.floor(layout.laneHeight / 3));
  for (let row = assists.upperBound('time', view.t0); row < assists.to; row += stride) {
    const start = assists.at.time[row]! - assists.at.value[row]!;
    const p = assists.at.p[row]!;
    // In the order of their ends: a later one may still begin before the right edge, but help is short.
    if (assists.at.time[row]! > view.t1 && start > view.t1) break;
    if (p >= layout.procs) continue;
    const from = Math.max(layout.left, xOf(layout, view, start), drawn[p]!);
    const right = Math.min(width, Math.max(from + 1, xOf(layout, view, assists.at.time[row]!)));
    if (right <= from || right <= drawn[p]!) continue;
    drawn[p] = right;
    const top = laneTop(layout, p) + layout.laneHeight - height;
    ctx.fillStyle = palette.bg;
    ctx.fillRect(from, top, right - from, height);
    ctx.fillStyle = fills.assist;
    ctx.fillRect(from, top, right - from, height);
  }
}

function drawStops({ ctx, width, height, palette }: Surface, { events, view, layout, endNs }: Scene): void {
  const { stops } = events;
  for (let row = stops.upperBound('end', view.t0); row < stops.to; ) {
    const from = Math.max(layout.left, xOf(layout, view, stops.at.start[row]!));
    if (from >= width) break;
    const right = Math.max(from + 1, Math.min(width, xOf(layout, view, Math.min(stops.at.end[row]!, endNs))));
    ctx.fillStyle = palette.stw;
    ctx.globalAlpha = 0.3;
    ctx.fillRect(from, layout.top - 4, right - from, height - layout.top);
    ctx.globalAlpha = 1;
    ctx.fillRect(from, layout.top - 4, Math.min(1, right - from), height - layout.top);
    ctx.fillRect(from, layout.top - 4, right - from, 3);
    row = Math.max(row + 1, stops.upperBound('end', timeAt(layout, view, right)));
  }
}

/** A notch at the top of the lane where a goroutine was told to yield. */
function drawPreempts({ ctx, width, palette }: Surface, { events, view, layout }: Scene): void {
  const { preempts } = events;
  const drawn = new Float64Array(layout.procs).fill(-Infinity);
  ctx.fillStyle = palette.text;
  ctx.beginPath();
  const stride = strideOf(preempts.upperBound('time', view.t0), preempts.upperBound('time', view.t1), width);
  for (let row = preempts.upperBound('time', view.t0); row < preempts.to && preempts.at.time[row]! <= view.t1; row += stride) {
    const p = preempts.at.p[row]!;
    if (p >= layout.procs) continue;
    const x = xOf(layout, view, preempts.at.time[row]!);
    if (x - drawn[p]! < NOTCH_PX) continue;
    drawn[p] = x;
    const top = laneTop(layout, p);
    if (layout.laneHeight < 12) {
      ctx.fillRect(x, top - 1, 1, 4);
      continue;
    }
    ctx.moveTo(x - 2.5, top - 3);
    ctx.lineTo(x + 2.5, top - 3);
    ctx.lineTo(x, top + 2);
  }
  ctx.fill();
}

/** From the middle of the lane that was stolen from to the edge of the thief's. */
interface Arrow {
  x: number;
  thief: number;
  victim: number;
  startY: number;
  tip: number;
}

/** So far from an arrow a label is clear of it. */
const ARROW_ROOM = 7;

/** The steals in view, from left to right. */
function arrowsOf({ events, view, layout }: Scene): Arrow[] {
  const { steals } = events;
  const from = steals.upperBound('time', view.t0);
  const stride = strideOf(from, steals.upperBound('time', view.t1), layout.width);
  const arrows: Arrow[] = [];
  let drawn = -Infinity;
  for (let row = from; row < steals.to && steals.at.time[row]! <= view.t1; row += stride) {
    const thief = steals.at.thief[row]!;
    const victim = steals.at.victim[row]!;
    const x = Math.round(xOf(layout, view, steals.at.time[row]!)) + 0.5;
    if (thief >= layout.procs || victim >= layout.procs || x - drawn < arrowPx(layout)) continue;
    drawn = x;
    const down = thief > victim;
    arrows.push({ x, thief, victim, startY: laneTop(layout, victim) + layout.laneHeight / 2, tip: laneTop(layout, thief) + (down ? 0 : layout.laneHeight) });
  }
  return arrows;
}

/** Where arrows cross a lane, or touch it. */
function crossingsOf(arrows: readonly Arrow[], p: number): number[] {
  return arrows.filter(({ thief, victim }) => p >= Math.min(thief, victim) && p <= Math.max(thief, victim)).map(({ x }) => x);
}

function drawSteals({ ctx, palette }: Surface, arrows: readonly Arrow[]): void {
  // A rim in the colour of the page, so that the arrow is seen on the lanes as well as between them.
  for (const [colour, rim] of [[palette.bg, 1.5], [palette.accent, 0]] as const) {
    ctx.fillStyle = colour;
    ctx.beginPath();
    for (const { x, startY, tip } of arrows) arrowPath(ctx, x, startY, tip, rim);
    ctx.fill();
  }
}

/** Always round the same way, so that parts lying on one another are filled. */
function arrowPath(ctx: CanvasRenderingContext2D, x: number, startY: number, tip: number, rim: number): void {
  const down = tip > startY;
  const back = tip + (down ? -6 : 6);
  const half = 3.5 + rim;
  ctx.rect(x - 0.5 - rim, Math.min(startY, back), 1 + 2 * rim, Math.abs(back - startY));
  ctx.rect(x - 2 - rim, startY - 2 - rim, 4 + 2 * rim, 4 + 2 * rim);
  ctx.moveTo(down ? x - half : x + half, back);
  ctx.lineTo(down ? x + half : x - half, back);
  ctx.lineTo(x, tip);
  ctx.closePath();
}

function drawMarks({ ctx, palette, width }: Surface, { events, view, layout }: Scene): void {
  const { marks } = events;
  const from = marks.upperBound('time', view.t0);
  const stride = strideOf(from, marks.upperBound('time', view.t1), width);
  let drawn = -Infinity;
  ctx.fillStyle = palette.text;
  ctx.beginPath();
  for (let row = from; row < marks.to && marks.at.time[row]! <= view.t1; row += stride) {
    const x = xOf(layout, view, marks.at.time[row]!);
    if (x - drawn < arrowPx(layout)) continue;
    drawn = x;
    const y = layout.top - 8;
    ctx.moveTo(x, y - 4);
    ctx.lineTo(x + 4, y);
    ctx.lineTo(x, y + 4);
    ctx.lineTo(x - 4, y);
  }
  ctx.fill();
}

function drawPinned({ ctx, palette, width }: Surface, { events, view, layout, endNs, pinned }: Scene): void {
  const lane = pinned && events.lanes[pinned.p];
  if (!lane || pinned.row < lane.slices.from || pinned.row >= lane.slices.to) return;
  const from = Math.max(layout.left, xOf(layout, view, lane.slices.at.start[pinned.row]!));
  const right = Math.min(width, xOf(layout, view, Math.min(lane.slices.at.end[pinned.row]!, endNs)));
  if (right < layout.left || from > width) return;
  ctx.strokeStyle = palette.text;
  ctx.lineWidth = 2;
  ctx.strokeRect(from - 1, laneTop(layout, pinned.p) - 2, Math.max(3, right - from + 1), layout.laneHeight + 4);
  ctx.lineWidth = 1;
}

/** So that a crowd of rows costs no more than a few for each pixel. */
function strideOf(from: number, to: number, width: number): number {
  return Math.max(1, Math.floor((to - from) / (width * 4)));
}
