/**
 * Draws a heap map: a cell a page, a span over as many cells as it has pages, filled from below as far as its room is taken.
 * Into pixels of its own and not by the canvas's rectangles: of those a map of eight thousand spans needs twenty thousand, which
 * takes a machine without a graphics processor longer than a frame, ten times a second.
 */
import { type HeapMap, SPAN, scannedOf } from '../../engine/heap-map';
import { CLASS_GROUPS, GROUP_OF } from '../../engine/size-classes';
import type { Surface } from '../../ui/canvas';
import type { MapLayout } from './heap-map-layout';
import { mixed, Pixels, word } from './pixels';

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
  const { ctx, width, height } = surface;
  const ratio = ctx.canvas.width / width;
  const pixels = Pixels.of(Math.round(width * ratio), Math.round(height * ratio), ratio);
  drawGround(pixels, surface, scene);
  if (scene.look === 'class') drawClasses(pixels, surface, scene);
  else drawMarking(pixels, surface, scene);
  pixels.put(ctx);
  outline(surface, scene, scene.chosen, 2);
  outline(surface, scene, scene.cursor, 1);
}

/** Pages of the arena that no span covers are empty; those it has not grown to are not there. */
function drawGround(pixels: Pixels, { palette }: Surface, { map, layout }: MapScene): void {
  const { cell, columns } = layout;
  const colour = word(palette.grid);
  const full = Math.floor(map.grown / columns);
  for (let row = 0; row < full; row++) pixels.fill(0, (row + 1) * cell - 1, columns * cell, 1, colour);
  pixels.fill(0, (full + 1) * cell - 1, (map.grown - full * columns) * cell, 1, colour);
}

/** The part from `from` to `to` (0 at the bottom, 1 at the top) of each cell that a span has; one rectangle a row. */
function fillSpan(pixels: Pixels, { cell, columns }: MapLayout, first: number, pages: number, from: number, to: number, colour: number): void {
  const gap = cell >= 5 ? 1 : 0;
  const inner = cell - gap;
  const top = Math.round(inner * (1 - to));
  const height = Math.max(1, Math.round(inner * (1 - from)) - top);
  for (let page = first, left = pages; left > 0; ) {
    const column = page % columns;
    const run = Math.min(left, columns - column);
    pixels.fill(column * cell, Math.floor(page / columns) * cell + Math.min(top, inner - height), run * cell - gap, height, colour);
    page += run;
    left -= run;
  }
}

function drawClasses(pixels: Pixels, { palette }: Surface, { map, layout }: MapScene): void {
  const full = CLASS_GROUPS.map((_, group) => word(palette.series[group] ?? palette.text));
  const pale = CLASS_GROUPS.map((_, group) => mixed(palette.series[group] ?? palette.text, palette.bg, 0.28));
  for (let i = 0; i < map.spans; i++) {
    const group = GROUP_OF[map.sizeClass[i]!]!;
    fillSpan(pixels, layout, map.firstPage[i]!, map.pages[i]!, 0, 1, pale[group]!);
    if (map.allocated[i]! > 0) fillSpan(pixels, layout, map.firstPage[i]!, map.pages[i]!, 0, share(map.allocated[i]!, map.room[i]!), full[group]!);
  }
}

function drawMarking(pixels: Pixels, { palette }: Surface, { map, layout }: MapScene): void {
  const room = mixed(palette.waiting, palette.bg, 0.22);
  const white = mixed(palette.waiting, palette.bg, 0.6);
  const [grey, black, queued] = [word(palette.gc), word(palette.text), word(palette.stw)];
  const dot = Math.max(1, Math.floor(layout.cell / 3));
  for (let i = 0; i < map.spans; i++) {
    const page = map.firstPage[i]!;
    const all = map.room[i]!;
    const part = (from: number, to: number, colour: number): void => {
      if (to > from) fillSpan(pixels, layout, page, map.pages[i]!, share(from, all), share(to, all), colour);
    };
    const scanned = scannedOf(map, i);
    part(0, Math.max(1, all), room);
    part(map.marked[i]!, map.allocated[i]!, white);
    part(scanned, map.marked[i]!, grey);
    part(0, scanned, black);
    if (map.flags[i]! & SPAN.queued) pixels.fill((page % layout.columns) * layout.cell, Math.floor(page / layout.columns) * layout.cell, dot, dot, queued);
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
