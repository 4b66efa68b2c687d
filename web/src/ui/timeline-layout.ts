/** Where the lanes of a timeline lie. Pure. */
import type { View } from './timeline-scale';

export interface Layout {
  left: number;
  top: number;
  laneHeight: number;
  gap: number;
  procs: number;
  width: number;
}

export const AXIS_HEIGHT = 20;
/** Room over the first lane for the experiment's marks. */
const MARKS_HEIGHT = 12;

export function layoutOf(width: number, procs: number): Layout {
  const laneHeight = procs <= 8 ? 26 : procs <= 16 ? 18 : procs <= 32 ? 12 : 8;
  return { left: 32, top: AXIS_HEIGHT + MARKS_HEIGHT, laneHeight, gap: procs <= 16 ? 4 : 2, procs, width };
}

export function heightOf(procs: number): number {
  const { top, laneHeight, gap } = layoutOf(0, procs);
  return top + procs * (laneHeight + gap) + 4;
}

export function laneTop(layout: Layout, p: number): number {
  return layout.top + p * (layout.laneHeight + layout.gap);
}

/** The P whose lane holds `y`, -1: none. */
export function laneAt(layout: Layout, y: number): number {
  const p = Math.floor((y - layout.top + layout.gap / 2) / (layout.laneHeight + layout.gap));
  return p >= 0 && p < layout.procs ? p : -1;
}

export function xOf(layout: Layout, view: View, timeNs: number): number {
  return layout.left + ((timeNs - view.t0) / (view.t1 - view.t0)) * (layout.width - layout.left);
}

export function timeAt(layout: Layout, view: View, x: number): number {
  return view.t0 + ((x - layout.left) / Math.max(1, layout.width - layout.left)) * (view.t1 - view.t0);
}
