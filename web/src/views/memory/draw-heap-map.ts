/**
 * Draws a heap map: a cell a page, a span over as many cells as it has pages, filled from below as far as its room is taken.
 * One pass a colour over the columns of the map, so that eight thousand spans cost eight thousand rectangles and few changes of colour.
 */
import { type HeapMap, SPAN, scannedOf } from '../../engine/heap-map';
import { CLASS_GROUPS, GROUP_OF } from '../../engine/size-classes';
import type { Surface } from '../../ui/canvas';
import type { MapLayout } from './heap-map-layout';

export type MapLook = 'class' | 'marking';

export interface MapScene {
  map: HeapMap;
  layout: MapLayout;
  look: MapLook;
  /** Pages, -1: none. */
  cursor: number;
  chosen: number;
}

export function drawHeapMap(surface: Surface, scene: MapScene): void {
  drawGround(surface, scene);
  if (scene.look === 'class') drawClasses(surface, scene);
  else drawMarking(surface, scene);
  outline(surface, scene, scene.chosen, 2);
  outline(surface, scene, scene.cursor, 1);
}

/** Pages of the arena that no span covers are empty; those it has not grown to are not there. */
function drawGround({ ctx, palette }: Surface, { map, layout }: MapScene): void {
  const { cell, columns } = layout;
  ctx.fillStyle = palette.grid;
  const full = Math.floor(map.grown / columns);
  for (let row = 0; row < full; row++) ctx.fillRect(0, (row + 1) * cell - 1, columns * cell, 1);
  const rest = map.grown - full * columns;
  if (rest > 0) ctx.fillRect(0, (full + 1) * cell - 1, rest * cell, 1);
}

/** The part from `from` to `to` (0 at the bottom, 1 at the top) of each cell that a span has; one rectangle a row. */
function fillSpan(ctx: CanvasRenderingContext2D, { cell, columns }: MapLayout, first: number, pages: number, from: number, to: number): void {
  const gap = cell >= 5 ? 1 : 0;
  const inner = cell - gap;
  const top = Math.round(inner * (1 - to));
  const height = Math.max(1, Math.round(inner * (1 - from)) - top);
  for (let page = first, left = pages; left > 0; ) {
    const column = page % columns;
    const run = Math.min(left, columns - column);
    ctx.fillRect(column * cell, Math.floor(page / columns) * cell + Math.min(top, inner - height), run * cell - gap, height);
    page += run;
    left -= run;
  }
}

function drawClasses({ ctx, palette }: Surface, { map, layout }: MapScene): void {
  for (let group = 0; group < CLASS_GROUPS.length; group++) {
    ctx.fillStyle = palette.series[group] ?? palette.text;
    ctx.globalAlpha = 0.28;
    for (let i = 0; i < map.spans; i++) if (GROUP_OF[map.sizeClass[i]!] === group) fillSpan(ctx, layout, map.firstPage[i]!, map.pages[i]!, 0, 1);
    ctx.globalAlpha = 1;
    for (let i = 0; i < map.spans; i++) {
      if (GROUP_OF[map.sizeClass[i]!] === group && map.allocated[i]! > 0) fillSpan(ctx, layout, map.firstPage[i]!, map.pages[i]!, 0, share(map.allocated[i]!, map.room[i]!));
    }
  }
}

function drawMarking({ ctx, palette }: Surface, { map, layout }: MapScene): void {
  const each = (colour: string, alpha: number, from: (i: number) => number, to: (i: number) => number): void => {
    ctx.fillStyle = colour;
    ctx.globalAlpha = alpha;
    for (let i = 0; i < map.spans; i++) if (to(i) > from(i)) fillSpan(ctx, layout, map.firstPage[i]!, map.pages[i]!, share(from(i), map.room[i]!), share(to(i), map.room[i]!));
    ctx.globalAlpha = 1;
  };
  each(palette.waiting, 0.22, () => 0, (i) => map.room[i]!);
  each(palette.waiting, 0.5, (i) => map.marked[i]!, (i) => Math.max(map.marked[i]!, map.allocated[i]!));
  each(palette.gc, 1, (i) => scannedOf(map, i), (i) => map.marked[i]!);
  each(palette.text, 1, () => 0, (i) => scannedOf(map, i));
  ctx.fillStyle = palette.stw;
  const dot = Math.max(1, Math.floor(layout.cell / 3));
  for (let i = 0; i < map.spans; i++) {
    if ((map.flags[i]! & SPAN.queued) === 0) continue;
    const page = map.firstPage[i]!;
    ctx.fillRect((page % layout.columns) * layout.cell, Math.floor(page / layout.columns) * layout.cell, dot, dot);
  }
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 1;
}

/** Round the cells from a page's span on, within its first row. */
function outline({ ctx, palette }: Surface, { map, layout }: MapScene, page: number, width: number): void {
  if (page < 0 || page >= layout.pages) return;
  const { cell, columns } = layout;
  let pages = 1;
  for (let i = 0; i < map.spans; i++) if (map.firstPage[i] === page) pages = map.pages[i]!;
  const column = page % columns;
  const run = Math.min(pages, columns - column);
  ctx.strokeStyle = palette.bg;
  ctx.lineWidth = width + 2;
  ctx.strokeRect(column * cell - 0.5, Math.floor(page / columns) * cell - 0.5, run * cell, cell);
  ctx.strokeStyle = width > 1 ? palette.text : palette.focus;
  ctx.lineWidth = width;
  ctx.strokeRect(column * cell - 0.5, Math.floor(page / columns) * cell - 0.5, run * cell, cell);
  ctx.lineWidth = 1;
}
