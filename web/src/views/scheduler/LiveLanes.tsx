/** What the scheduler is doing at this moment: one lane a P, the global queue, and the Ms in words. */
import { type ReadonlySignal, effect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveSnapshot } from '../../engine/types';
import type { EventStore } from '../../state/events';
import { type CanvasHandle, useCanvas } from '../../ui/canvas';
import { count, percent } from '../format';
import { drawLanes, lanesHeight } from './draw-lanes';
import { LaneSamples } from './lane-samples';
import { P_STATUS, lanesSentence, machinesSentence } from './sentences';
import { stripOf } from './whole-run';
import './scheduler.css';

export interface LiveLanesProps {
  /** The newest sample, which the lanes are drawn from without anything around them being rendered; null: nothing has run yet. */
  snapshot: ReadonlySignal<LiveSnapshot | null>;
  /** The same at the rate of words. */
  slow: ReadonlySignal<LiveSnapshot | null>;
  /** So many lanes stand there before anything has run. */
  procs: number;
  /** The run's event log. */
  events: EventStore;
  /** Whether a goroutine is one of the collector's workers. */
  isGc?: (g: number) => boolean;
}

const SETTLE_MS = 50;
const NONE = (): boolean => false;

export function LiveLanes({ snapshot, slow, procs, events, isGc = NONE }: LiveLanesProps) {
  const samples = useRef(new LaneSamples());
  const [width, setWidth] = useState(0);
  const canvas = useCanvas((surface) => {
    setWidth(surface.width);
    drawLanes(surface, snapshot.peek() ?? idleSnapshot(procs), samples.current, isGc);
  });
  // Not useSignalEffect, which waits for a frame of its own: the lanes would be drawn in the frame after it.
  useEffect(() => effect(() => {
    if (snapshot.value) samples.current.add(snapshot.value);
    canvas.redraw();
  }), [canvas, snapshot]);
  useEffect(() => canvas.redraw(), [canvas, isGc, procs]);
  const said = slow.value;
  useWhole(said, events, samples.current, canvas);
  const height = lanesHeight(width || 1000, said?.ps.length ?? procs);
  const words = useSlow(said);
  return (
    <section class="lanes" aria-label="Lanes">
      <canvas ref={canvas.ref} class="lanes-canvas" aria-hidden="true" style={{ height: `${height}px` }} />
      <p class="lanes-ms">
        {said ? <>Ms: {machinesSentence(said)}</> : 'Nothing is running: every P is idle, and there is no M yet.'}
      </p>
      {words && <LanesTable snapshot={words} samples={samples.current} />}
    </section>
  );
}

/** What there is before a run: Ps that have done nothing. */
function idleSnapshot(procs: number): LiveSnapshot {
  const idle = { status: 0, m: -1, g: 0, queue: 0, runnext: false, schedtick: 0, stolenIn: 0, steals: 0, stolenOut: 0, busyNs: 0 };
  return {
    state: 'idle', run: 0, elapsedNs: 0, heartbeat: 0, globalQueue: 0, progressDone: 0, progressTotal: 0, goroutines: 0, goroutinesCreated: 0, idlePs: procs,
    spinningMs: 0, workDone: 0, eventsDropped: 0, ps: Array.from({ length: procs }, (_, id) => ({ id, ...idle })), ms: [], heap: null,
  };
}

/** A run that was over at once is shown as a whole, as soon as its log has been put in order, which takes turns of its own. */
function useWhole(last: LiveSnapshot | null, events: EventStore, samples: LaneSamples, canvas: CanvasHandle): void {
  useEffect(() => {
    if (!last || last.state === 'running') return;
    const timer = setInterval(() => {
      if (!events.settled) return;
      clearInterval(timer);
      if (samples.complete(last, () => stripOf(events, last.ps.length, last.elapsedNs))) canvas.redraw();
    }, SETTLE_MS);
    return () => clearInterval(timer);
  }, [last, events]);
}

/** The snapshot, but at most a new one each second, and the last one at once: what a screen reader is told. */
function useSlow(snapshot: LiveSnapshot | null): LiveSnapshot | null {
  const [slow, setSlow] = useState(snapshot);
  const latest = useRef(snapshot);
  latest.current = snapshot;
  const live = snapshot?.state === 'running';
  useEffect(() => {
    setSlow(latest.current);
    if (!live) return;
    const timer = setInterval(() => setSlow(latest.current), 1000);
    return () => clearInterval(timer);
  }, [live, snapshot?.run]);
  return slow;
}

function LanesTable({ snapshot, samples }: { snapshot: LiveSnapshot; samples: LaneSamples }) {
  return (
    <div class="visually-hidden">
      <p>{lanesSentence(snapshot)}</p>
      <table>
        <caption>The Ps</caption>
        <thead>
          <tr>
            {['P', 'state', 'goroutine', 'runnext', 'run queue', 'stole', 'lost', 'ticks', 'busy'].map((name) => <th key={name} scope="col">{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {snapshot.ps.map((p) => (
            <tr key={p.id}>
              <th scope="row">P{p.id}</th>
              <td>{P_STATUS[p.status]}</td>
              <td>{p.g > 0 ? `g${p.g}` : 'none'}</td>
              <td>{p.runnext ? 1 : 0}</td>
              <td>{p.queue}</td>
              <td>{count(p.stolenIn)}</td>
              <td>{count(p.stolenOut)}</td>
              <td>{count(p.schedtick)}</td>
              <td>{percent(samples.figures(snapshot, p.id).busy)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
