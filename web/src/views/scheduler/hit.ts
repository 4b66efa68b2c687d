/** What lies under a point of the timeline, as a sentence, and as a slice where it is one. */
import { type Pinned, type Scene, minSlicePx } from '../../ui/timeline-draw';
import { laneAt, laneTop, timeAt, xOf } from '../../ui/timeline-layout';
import {
  callSentence, crowdSentence, idleSentence, markSentence, preemptSentence, sliceSentence, stealSentence, stopSentence,
} from './sentences';

export interface Hit {
  sentence: string;
  slice: Pinned | null;
}

const REACH_PX = 4;

export function hitTest(scene: Scene, x: number, y: number): Hit | null {
  const { layout, view, events } = scene;
  if (x < layout.left || scene.endNs === 0) return null;
  const reach = timeAt(layout, view, x + REACH_PX) - timeAt(layout, view, x);
  const time = timeAt(layout, view, x);
  const p = laneAt(layout, y);
  if (p < 0 && y >= layout.top) return null;
  if (p < 0) {
    const row = nearest(events.marks, time, reach);
    return row < 0 ? null : { sentence: markSentence(events, row, scene.label), slice: null };
  }
  const stop = events.stops.upperBound('end', time - reach / 2);
  if (stop < events.stops.to && events.stops.at.start[stop]! <= time + reach / 2) return { sentence: stopSentence(events, stop), slice: null };
  const inLane = y - laneTop(layout, p);
  if (inLane < layout.laneHeight / 4) {
    const preempt = nearest(events.preempts, time, reach, (row) => events.preempts.at.p[row] === p);
    if (preempt >= 0) return { sentence: preemptSentence(events, preempt, scene.label), slice: null };
  }
  const steal = nearest(events.steals, time, reach / 2, (row) => {
    const { thief, victim } = events.steals.at;
    return p >= Math.min(thief[row]!, victim[row]!) && p <= Math.max(thief[row]!, victim[row]!);
  });
  if (steal >= 0) return { sentence: stealSentence(events, steal, scene.label), slice: null };
  return laneHit(scene, p, x, time);
}

function laneHit(scene: Scene, p: number, x: number, time: number): Hit | null {
  const { events, layout, view, endNs } = scene;
  const lane = events.lanes[p];
  if (!lane || time > endNs) return null;
  const call = lane.calls.upperBound('end', time);
  if (call < lane.calls.to && lane.calls.at.start[call]! <= time) {
    const { g, start, end } = lane.calls.at;
    return { sentence: callSentence(p, g[call]!, start[call]!, end[call]!, scene.label), slice: null };
  }
  const row = lane.slices.upperBound('end', time);
  const { start, end } = lane.slices.at;
  if (row < lane.slices.to && start[row]! <= time) {
    const wide = xOf(layout, view, Math.min(end[row]!, endNs)) - xOf(layout, view, start[row]!) >= minSlicePx(layout);
    if (wide) return { sentence: sliceSentence(events.slice(p, row), endNs, scene.label), slice: { p, row } };
  }
  const t0 = timeAt(layout, view, x - 2);
  const t1 = timeAt(layout, view, x + 2);
  const { from, to } = events.slicesIn(p, t0, t1);
  if (to - from > 1) {
    const share = (lane.busyUntil(Math.min(t1, endNs), lane.seek(t1, from)) - lane.busyUntil(t0, from)) / (t1 - t0);
    return { sentence: crowdSentence(p, Math.max(0, t0), t1, to - from, Math.min(1, share)), slice: { p, row: from } };
  }
  if (to - from === 1) return { sentence: sliceSentence(events.slice(p, from), endNs, scene.label), slice: { p, row: from } };
  const before = row > lane.slices.from ? end[row - 1]! : 0;
  return { sentence: idleSentence(p, before, row < lane.slices.to ? start[row]! : endNs), slice: null };
}

interface Timed {
  from: number;
  to: number;
  at: { time: Float64Array };
  upperBound(field: 'time', value: number): number;
}

/** The row nearest to `time` within `reach`, of those wanted; looks at a few hundred at most. */
function nearest(table: Timed, time: number, reach: number, wanted: (row: number) => boolean = () => true): number {
  let best = -1;
  const first = table.upperBound('time', time - reach);
  for (let row = first; row < table.to && row < first + 500 && table.at.time[row]! <= time + reach; row++) {
    if (wanted(row) && (best < 0 || Math.abs(table.at.time[row]! - time) < Math.abs(table.at.time[best]! - time))) best = row;
  }
  return best;
}
