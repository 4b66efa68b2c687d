/** Where the pages of a heap map lie on its canvas, and how one moves among its spans. Pure. */
import { type HeapMap, spanAt } from '../../engine/heap-map';

export interface MapLayout {
  cell: number;
  columns: number;
  rows: number;
  pages: number;
  height: number;
}

const CELLS = [16, 14, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2];
const MOST_HEIGHT = 360;
/** The arena grows in steps: so many pages more are shown at a time, so that the map keeps its shape. */
const STEP = 256;

/** The largest cells with which all pages fit. */
export function mapLayout(width: number, grown: number): MapLayout {
  const pages = Math.max(STEP, Math.ceil(grown / STEP) * STEP);
  for (const cell of CELLS) {
    const columns = Math.max(1, Math.floor(width / cell));
    const rows = Math.ceil(pages / columns);
    if (rows * cell <= MOST_HEIGHT || cell === CELLS[CELLS.length - 1]) return { cell, columns, rows, pages, height: rows * cell };
  }
  throw new Error('there is always a smallest cell');
}

/** The page under a point, -1: none. */
export function pageAt({ cell, columns, pages }: MapLayout, x: number, y: number): number {
  const column = Math.floor(x / cell);
  const page = Math.floor(y / cell) * columns + column;
  return column >= 0 && column < columns && y >= 0 && page < pages ? page : -1;
}

/** The next place in a direction: a span counts as one to the left and right; up and down is a row. */
export function step(map: HeapMap, layout: MapLayout, from: number, key: string): number {
  const page = Math.max(0, from);
  const span = spanAt(map, page);
  const clamp = (to: number): number => {
    const within = Math.min(Math.max(0, to), Math.max(0, Math.min(layout.pages, map.grown) - 1));
    const there = spanAt(map, within);
    return there < 0 ? within : map.firstPage[there]!;
  };
  switch (key) {
    case 'ArrowRight':
      return clamp(span < 0 ? page + 1 : map.firstPage[span]! + map.pages[span]!);
    case 'ArrowLeft':
      return clamp((span < 0 ? page : map.firstPage[span]!) - 1);
    case 'ArrowDown':
      return clamp(page + layout.columns);
    case 'ArrowUp':
      return clamp(page - layout.columns);
    case 'Home':
      return clamp(0);
    case 'End':
      return clamp(map.grown - 1);
    default:
      return from;
  }
}
