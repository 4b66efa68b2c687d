/** Draws the live lanes: one row a P, with what it runs, its queue, its steals, its ticks and how busy it is. */
import type { LiveP, LiveSnapshot } from '../../engine/types';
import type { Surface } from '../../ui/canvas';
import { grouped } from '../format';
import { type LaneSamples, STRIP } from './lane-samples';
import { P_STATUS } from './sentences';

const NARROW_PX = 620;
const HEAD_LINE = 18;
const CHAR = 7.3;

interface Columns {
  narrow: boolean;
  twoLines: boolean;
  head: number;
  row: number;
  strip: { x: number; width: number };
  queueX: number;
  cells: number;
  stealsX: number;
  tickX: number;
  busyX: number;
}

function rowHeight(width: number, procs: number): number {
  if (width < NARROW_PX) return procs > 16 ? 16 : 40;
  return procs > 16 ? 14 : procs > 8 ? 20 : 26;
}

/** Where a row has two lines, so has the head. */
function hasTwoLines(width: number, procs: number): boolean {
  return width < NARROW_PX && rowHeight(width, procs) > 30;
}

function headHeight(width: number, procs: number): number {
  return hasTwoLines(width, procs) ? 2 * HEAD_LINE : HEAD_LINE;
}

export function lanesHeight(width: number, procs: number): number {
  return headHeight(width, procs) + (procs + 1) * rowHeight(width, procs) + 2;
}

function columnsOf(width: number, procs: number): Columns {
  const row = rowHeight(width, procs);
  const narrow = width < NARROW_PX;
  const twoLines = hasTwoLines(width, procs);
  const head = headHeight(width, procs);
  if (narrow) {
    const queueX = procs > 16 ? width - 150 : 30;
    return { narrow, twoLines, head, row, strip: { x: 30, width: width - 30 - (procs > 16 ? 156 : 58) }, queueX, cells: procs > 16 ? 6 : 12, stealsX: 176, tickX: width, busyX: width };
  }
  const busyX = width;
  const tickX = width - 56;
  const stealsX = width - 258;
  const queueX = stealsX - 164;
  return { narrow, twoLines, head, row, strip: { x: 30, width: queueX - 46 }, queueX, cells: 14, stealsX, tickX, busyX };
}

export function drawLanes(surface: Surface, snapshot: LiveSnapshot, samples: LaneSamples, isGc: (g: number) => boolean): void {
  const { ctx, width, palette } = surface;
  const procs = snapshot.ps.length;
  const columns = columnsOf(width, procs);
  ctx.textBaseline = 'middle';
  ctx.font = `12px ${palette.sans}`;
  ctx.fillStyle = palette.textMuted;
  drawHead(surface, columns, samples.whole);
  for (const [p, live] of snapshot.ps.entries()) drawRow(surface, columns, snapshot, samples, live, p, isGc);
  drawGlobal(surface, columns, snapshot.globalQueue, columns.head + procs * columns.row);
}

function drawHead({ ctx, width }: Surface, columns: Columns, whole: boolean): void {
  const y = HEAD_LINE / 2;
  ctx.textAlign = 'left';
  ctx.fillText(whole ? 'the whole run, and now' : 'now, and the samples before', columns.strip.x, y);
  if (!columns.narrow || columns.twoLines) {
    const second = columns.twoLines ? y + HEAD_LINE : y;
    ctx.fillText('next + run queue', columns.queueX, second);
    ctx.fillText('stole, lost', columns.twoLines ? columns.stealsX + 30 : columns.stealsX, second);
  }
  if (!columns.narrow) {
    ctx.textAlign = 'right';
    ctx.fillText('ticks', columns.tickX, y);
  }
  ctx.textAlign = 'right';
  ctx.fillText('busy', width, y);
}

function drawRow(surface: Surface, columns: Columns, snapshot: LiveSnapshot, samples: LaneSamples, live: LiveP, p: number, isGc: (g: number) => boolean): void {
  const { ctx, width, palette } = surface;
  const { row, narrow, twoLines } = columns;
  const top = columns.head + p * row;
  const line = twoLines ? row / 2 : row;
  const middle = top + line / 2;
  const figures = samples.figures(snapshot, p);
  ctx.fillStyle = palette.line;
  ctx.fillRect(0, top, width, 1);
  ctx.font = `12px ${palette.mono}`;
  ctx.textAlign = 'left';
  ctx.fillStyle = palette.textMuted;
  ctx.fillText(`P${p}`, 0, middle);
  drawStrip(surface, columns, samples, live, p, top + 3, line - 5, isGc);
  ctx.textAlign = 'right';
  ctx.fillStyle = palette.text;
  ctx.fillText(Number.isNaN(figures.busy) ? '–' : `${Math.round(figures.busy * 100)} %`, width, middle);
  const second = twoLines ? top + row * 0.75 : middle;
  drawQueue(surface, columns.queueX, second, columns.cells, live.runnext, live.queue, row);
  if (narrow && !twoLines) return;
  drawSteals(surface, columns.stealsX, second, live, figures.stoleJustNow, figures.lostJustNow);
  ctx.textAlign = 'right';
  ctx.fillStyle = palette.textMuted;
  ctx.fillText(narrow ? '' : grouped(live.schedtick), columns.tickX, second);
}

/** The samples, the newest at the right; neighbours with the same goroutine and state are one piece. The newest carries its name. */
function drawStrip(surface: Surface, { strip }: Columns, { strip: samples, whole }: LaneSamples, live: LiveP, p: number, top: number, height: number, isGc: (g: number) => boolean): void {
  const { ctx, palette } = surface;
  const nowWidth = 84;
  const history = strip.width - nowWidth - 4;
  const perSample = whole ? history / samples.length : Math.max(2, history / STRIP);
  const shown = whole ? samples.length : Math.min(samples.length, Math.floor(history / perSample));
  let x = strip.x + history - shown * perSample;
  for (let i = samples.length - shown; i < samples.length; ) {
    const { status, g } = samples[i]![p] ?? { status: 0, g: 0 };
    let end = i + 1;
    while (end < samples.length && samples[end]![p]?.status === status && samples[end]![p]?.g === g) end++;
    const width = (end - i) * perSample;
    const gap = width > 4 ? 1 : 0;
    fillState(surface, status, isGc(g), x, top, width - gap, height);
    if (status === 1 && width > 34 && height >= 12) {
      ctx.textAlign = 'left';
      ctx.fillStyle = palette.bg;
      ctx.fillText(`g${g}`, x + 4, top + height / 2 + 0.5);
    }
    x += width;
    i = end;
  }
  const nowX = strip.x + strip.width - nowWidth;
  if (height < 12) ctx.font = `10px ${palette.mono}`;
  const gc = isGc(live.g);
  fillState(surface, live.status, gc, nowX, top, nowWidth, height);
  ctx.strokeStyle = live.status === 1 ? (gc ? palette.gc : palette.running) : palette.line;
  ctx.strokeRect(nowX + 0.5, top + 0.5, nowWidth - 1, height - 1);
  const words = live.status === 1 ? `${gc ? 'GC ' : ''}g${live.g}` : live.status === 2 ? `call g${live.g}` : (P_STATUS[live.status] ?? '');
  ctx.textAlign = 'center';
  if (live.status === 2) {
    ctx.fillStyle = palette.bg;
    ctx.fillRect(nowX + nowWidth / 2 - (words.length * CHAR) / 2 - 3, top + 1, words.length * CHAR + 6, height - 2);
  }
  ctx.fillStyle = live.status === 1 || live.status === 3 ? palette.bg : live.status === 2 ? palette.text : palette.textMuted;
  ctx.fillText(words, nowX + nowWidth / 2, top + height / 2 + 0.5);
  ctx.font = `12px ${palette.mono}`;
}

function fillState({ ctx, fills }: Surface, status: number, gc: boolean, x: number, y: number, width: number, height: number): void {
  if (status === 1) ctx.fillStyle = gc ? fills.gc : fills.running;
  else if (status === 2) ctx.fillStyle = fills.syscall;
  else if (status === 3) ctx.fillStyle = fills.stw;
  else return;
  ctx.fillRect(x, y, width, height);
}

/** The runnext cell, then a cell for each goroutine in the ring; the count stands beside, so a long queue is not cut short. */
function drawQueue(surface: Surface, x: number, middle: number, cells: number, runnext: boolean, queue: number, row: number): void {
  const { ctx, palette, fills } = surface;
  const half = Math.min(6, row / 2 - 2);
  const cell = 6;
  const y = middle - half;
  ctx.strokeStyle = runnext ? palette.runnable : palette.line;
  if (runnext) {
    ctx.fillStyle = palette.runnable;
    ctx.fillRect(x, y, 9, half * 2);
  }
  ctx.strokeRect(x + 0.5, y + 0.5, 8, half * 2 - 1);
  for (let i = 0; i < cells; i++) {
    const left = x + 13 + i * (cell + 1);
    ctx.fillStyle = i < queue ? fills.runnable : palette.line;
    if (i < queue) ctx.fillRect(left, y, cell, half * 2);
    else ctx.fillRect(left, middle + half - 1, cell, 1);
  }
  ctx.font = `12px ${palette.mono}`;
  ctx.textAlign = 'left';
  ctx.fillStyle = queue > 0 || runnext ? palette.text : palette.textMuted;
  const more = queue > cells ? '…' : ' ';
  ctx.fillText(`${more}${grouped(queue)}${runnext ? '+1' : ''}`, x + 14 + cells * (cell + 1), middle);
}

function drawSteals({ ctx, palette }: Surface, x: number, middle: number, live: LiveP, stole: boolean, lost: boolean): void {
  ctx.textAlign = 'right';
  const inText = grouped(live.stolenIn);
  const outText = grouped(live.stolenOut);
  ctx.fillStyle = stole ? palette.accent : live.stolenIn > 0 ? palette.text : palette.textMuted;
  ctx.fillText(inText, x + 50, middle);
  arrow(ctx, x + 54, middle, 1, stole ? palette.accent : palette.textMuted);
  ctx.fillStyle = lost ? palette.accent : live.stolenOut > 0 ? palette.text : palette.textMuted;
  ctx.textAlign = 'left';
  ctx.fillText(outText, x + 80, middle);
  arrow(ctx, x + 68, middle, -1, lost ? palette.accent : palette.textMuted);
}

/** Into the lane (down) where it stole, out of it (up) where it was stolen from. */
function arrow(ctx: CanvasRenderingContext2D, x: number, middle: number, direction: 1 | -1, colour: string): void {
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.moveTo(x + 4.5, middle - 5 * direction);
  ctx.lineTo(x + 4.5, middle + 4 * direction);
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(x + 1, middle + 1 * direction);
  ctx.lineTo(x + 8, middle + 1 * direction);
  ctx.lineTo(x + 4.5, middle + 5 * direction);
  ctx.fill();
}

function drawGlobal(surface: Surface, columns: Columns, queue: number, top: number): void {
  const { ctx, width, palette, fills } = surface;
  const middle = top + columns.row / 2;
  ctx.fillStyle = palette.line;
  ctx.fillRect(0, top, width, 1);
  ctx.font = `12px ${palette.sans}`;
  ctx.textAlign = 'left';
  ctx.fillStyle = palette.textMuted;
  ctx.fillText('global queue', 0, middle);
  const room = Math.floor((width - 90 - 90) / 7);
  const cells = Math.min(queue, room);
  ctx.fillStyle = fills.runnable;
  for (let i = 0; i < cells; i++) ctx.fillRect(90 + i * 7, middle - 5, 6, 10);
  ctx.font = `12px ${palette.mono}`;
  ctx.fillStyle = queue > 0 ? palette.text : palette.textMuted;
  ctx.fillText(`${queue > room ? '…' : ''}${grouped(queue)}`, 90 + cells * 7 + (cells ? 6 : 0), middle);
}
