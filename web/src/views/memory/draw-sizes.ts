/** Draws how many objects of each size class there were over time: a row a class, darker the more there are, the count of now beside it. */
import { SIZE_CLASSES } from '../../engine/size-classes';
import type { SizeColumn } from '../../state/size-history';
import type { Surface } from '../../ui/canvas';
import { duration, grouped } from '../format';
import { className } from './HeapMapTable';

const LEFT = 68;
const RIGHT = 76;
const AXIS = 22;

/** Classes that ever had an object, small objects first, large ones last. */
export function classesShown(columns: readonly SizeColumn[]): number[] {
  const shown: number[] = [];
  for (let i = 1; i <= SIZE_CLASSES; i++) {
    const sizeClass = i % SIZE_CLASSES;
    if (columns.some(({ objects }) => objects[sizeClass]! > 0)) shown.push(sizeClass);
  }
  return shown;
}

function rowHeightOf(rows: number): number {
  return rows <= 16 ? 16 : rows <= 30 ? 12 : 8;
}

export function sizesHeight(rows: number): number {
  return Math.max(1, rows) * rowHeightOf(rows) + AXIS;
}

export function drawSizes({ ctx, width, palette }: Surface, columns: readonly SizeColumn[], classes: readonly number[], endNs: number): void {
  const row = rowHeightOf(classes.length);
  const right = width - RIGHT;
  const xOf = (timeNs: number): number => LEFT + Math.min(1, timeNs / Math.max(1, endNs)) * (right - LEFT);
  const most = columns.reduce((max, { objects }) => objects.reduce((one, n) => Math.max(one, n), max), 1);
  const full = Math.log1p(most);
  ctx.textBaseline = 'middle';
  ctx.font = `${row >= 12 ? 12 : 10}px ${palette.mono}`;
  const latest = columns[columns.length - 1];
  classes.forEach((sizeClass, r) => {
    const y = r * row;
    ctx.fillStyle = palette.series[0] ?? palette.text;
    columns.forEach(({ timeNs, objects }, i) => {
      const n = objects[sizeClass]!;
      if (n === 0) return;
      const from = i === 0 ? LEFT : xOf(columns[i - 1]!.timeNs);
      ctx.globalAlpha = 0.12 + 0.88 * (Math.log1p(n) / full);
      ctx.fillRect(from, y, Math.max(1, xOf(timeNs) - from), row - 1);
    });
    ctx.globalAlpha = 1;
    if (row < 12 && r % 2 === 1) return;
    ctx.fillStyle = palette.textMuted;
    ctx.textAlign = 'right';
    ctx.fillText(className(sizeClass), LEFT - 6, y + row / 2);
    ctx.fillStyle = palette.text;
    ctx.fillText(grouped(latest?.objects[sizeClass] ?? 0), width, y + row / 2);
  });
  const bottom = classes.length * row;
  ctx.fillStyle = palette.lineStrong;
  ctx.fillRect(LEFT, bottom, right - LEFT, 1);
  ctx.fillStyle = palette.textMuted;
  ctx.font = `12px ${palette.mono}`;
  ctx.textAlign = 'left';
  ctx.fillText('0', LEFT, bottom + AXIS / 2 + 2);
  ctx.textAlign = 'right';
  ctx.fillText(duration(endNs), right, bottom + AXIS / 2 + 2);
  ctx.fillText('now', width, bottom + AXIS / 2 + 2);
}
