/** The whole run, one lane a P: who ran where, from when to when, and why it stopped. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { EventStore } from '../../state/events';
import { useCanvas } from '../../ui/canvas';
import { type Pinned, type Scene, drawTimeline } from '../../ui/timeline-draw';
import { type Layout, heightOf, layoutOf, timeAt } from '../../ui/timeline-layout';
import { type TimelineActions, useTimelineInput } from '../../ui/timeline-input';
import { takeTurns } from '../../ui/rota';
import { type View, pan, reveal, zoom } from '../../ui/timeline-scale';
import { duration, grouped, plural } from '../format';
import { TimelineTable } from './TimelineTable';
import { hitTest } from './hit';
import { gcOf, labelOf, sliceSentence } from './sentences';
import './scheduler.css';

export interface TimelineProps {
  events: EventStore;
  /** Number of Ps; lanes that the events know of are shown in any case. */
  procs: number;
  /** Goroutine names by the index that events carry. */
  names: readonly string[];
}

const HELP = 'Wheel or + − zooms once the lanes have focus, drag or ← → pans, ↑ ↓ chooses a P, comma and full stop step through its slices, 0 shows the whole run.';

export function Timeline({ events, procs, names }: TimelineProps) {
  const [version, setVersion] = useState(events.version);
  const [chosen, setView] = useState<View | null>(null);
  const [sentence, setSentence] = useState('');
  const [pinned, setPinned] = useState<Pinned | null>(null);
  const [lane, setLane] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const cursorX = useRef<number | null>(null);
  const layout = useRef<Layout>(layoutOf(600, 1));

  const lanes = Math.max(1, procs, events.lanes.length);
  const endNs = events.lastTimeNs;
  const view = chosen && chosen.t0 < endNs ? chosen : { t0: 0, t1: Math.max(endNs, 1) };
  const label = labelOf(events, names);
  const isGc = gcOf(events, names);
  const scene = (): Scene => ({
    events, view, layout: layout.current, endNs, label, isGc, cursorX: cursorX.current, pinned, lane,
  });

  const canvas = useCanvas((surface) => {
    layout.current = layoutOf(surface.width, lanes);
    drawTimeline(surface, scene());
  });
  useLayoutEffect(() => canvas.redraw(), [canvas, version, view.t0, view.t1, pinned, lane, lanes, names]);
  useNewEvents(events, setVersion, () => {
    setView(null);
    setPinned(null);
    setSentence('');
  });

  const pin = (next: Pinned | null): void => {
    setPinned(next);
    if (!next) return setSentence('');
    setLane(next.p);
    const slice = events.slice(next.p, next.row);
    setSentence(sliceSentence(slice, endNs, label));
    setView((now) => (now ? reveal(now, slice.startNs, endNs) : now));
  };
  const actions: TimelineActions = {
    zoomBy: (factor, x) => setView(zoom(view, x === null ? (view.t0 + view.t1) / 2 : timeAt(layout.current, view, x), factor, endNs)),
    panBy: (pixels) => setView(pan(view, (pixels / Math.max(1, layout.current.width - layout.current.left)) * (view.t1 - view.t0), endNs)),
    whole: () => setView(null),
    hover: (x, y) => {
      cursorX.current = x;
      canvas.redraw();
      if (!pinned) setSentence(hitTest(scene(), x, y)?.sentence ?? '');
    },
    leave: () => {
      cursorX.current = null;
      canvas.redraw();
      if (!pinned) setSentence('');
    },
    click: (x, y) => {
      const hit = hitTest(scene(), x, y);
      pin(hit?.slice ?? null);
      setSentence(hit?.sentence ?? '');
    },
    step: (byLanes, bySlices) => {
      const p = Math.min(lanes - 1, Math.max(0, (lane ?? -Math.sign(byLanes)) + byLanes));
      setLane(p);
      const columns = events.lanes[p]?.slices;
      if (!columns?.length) return;
      const near = pinned?.p === p ? pinned.row + bySlices : columns.upperBound('end', (pinned && !bySlices ? events.slice(pinned.p, pinned.row).startNs : view.t0));
      pin({ p, row: Math.min(columns.to - 1, Math.max(columns.from, near)) });
    },
    unpin: () => pin(null),
  };
  useTimelineInput(canvas.ref, actions);

  const total = grouped(events.total);
  return (
    <section class="timeline" aria-label="Timeline">
      <div class="timeline-bar">
        <span class="timeline-span">{endNs > 0 ? `${duration(view.t1 - view.t0)} of ${duration(endNs)}` : 'no events yet'}</span>
        <button type="button" onClick={() => actions.zoomBy(1.5, null)} aria-label="Zoom out">−</button>
        <button type="button" onClick={() => actions.zoomBy(1 / 1.5, null)} aria-label="Zoom in">+</button>
        <button type="button" onClick={actions.whole} disabled={!chosen}>Whole run</button>
        <button type="button" aria-expanded={table} onClick={() => setTable(!table)}>{table ? 'Hide table' : 'Show table'}</button>
      </div>
      <canvas
        ref={canvas.ref} class="timeline-canvas" tabIndex={0} role="application" aria-roledescription="timeline" style={{ height: `${heightOf(lanes)}px` }}
        aria-label={`Timeline of ${plural(lanes, 'P')} over ${duration(endNs)}, made of ${total} events. ${HELP}`}
      />
      <p class="timeline-sentence" aria-live="polite">
        {sentence || <span class="muted">{HELP}</span>}
      </p>
      <Losses events={events} />
      {table && <TimelineTable events={events} view={view} endNs={endNs} lane={lane} label={label} lanes={lanes} />}
    </section>
  );
}

/** Follows the index as it grows; a cleared store (another run) resets the view. */
function useNewEvents(events: EventStore, onVersion: (version: number) => void, onCleared: () => void): void {
  const cleared = useRef(onCleared);
  cleared.current = onCleared;
  useEffect(() => {
    let seen = -1;
    let generation = events.generation;
    return takeTurns({
      due: (rested) => (rested && events.version !== seen) || events.generation !== generation,
      draw: () => {
        seen = events.version;
        if (events.generation !== generation) cleared.current();
        generation = events.generation;
        onVersion(seen);
      },
    });
  }, [events, onVersion]);
}

function Losses({ events }: { events: EventStore }) {
  const parts = [];
  if (events.dropped > 0) parts.push(`${plural(events.dropped, 'event was', 'events were')} lost because a ring was full: gaps in the lanes may be theirs.`);
  if (events.forgotten > 0) parts.push(`The oldest ${plural(events.forgotten, 'event')} are no longer held.`);
  return parts.length > 0 ? <p class="timeline-losses">{parts.join(' ')}</p> : null;
}
