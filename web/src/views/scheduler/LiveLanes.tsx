/** What the scheduler is doing at this moment: one lane a P, the global queue, and the Ms in words. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveSnapshot } from '../../engine/types';
import type { EventStore } from '../../state/events';
import { useCanvas } from '../../ui/canvas';
import { count, percent } from '../format';
import { drawLanes, lanesHeight } from './draw-lanes';
import { LaneSamples } from './lane-samples';
import { P_STATUS, lanesSentence, machinesSentence } from './sentences';
import { stripOf } from './whole-run';
import './scheduler.css';

export interface LiveLanesProps {
  /** The newest sample; null: nothing has run yet. A new object means a new sample. */
  snapshot: LiveSnapshot | null;
  /** The run's event log. */
  events: EventStore;
  /** Whether a goroutine is one of the collector's workers. */
  isGc?: (g: number) => boolean;
}

const SETTLE_MS = 50;
const NONE = (): boolean => false;

export function LiveLanes({ snapshot, events, isGc = NONE }: LiveLanesProps) {
  const samples = useRef(new LaneSamples());
  const [width, setWidth] = useState(0);
  if (snapshot) samples.current.add(snapshot);
  const canvas = useCanvas((surface) => {
    setWidth(surface.width);
    if (snapshot) drawLanes(surface, snapshot, samples.current, isGc);
  });
  useEffect(() => canvas.redraw(), [canvas, snapshot]);
  useEffect(() => {
    if (!snapshot || snapshot.state === 'running') return;
    // The log is put in order in turns of its own.
    const timer = setInterval(() => {
      if (!events.settled) return;
      clearInterval(timer);
      if (samples.current.complete(snapshot, () => stripOf(events, snapshot.ps.length, snapshot.elapsedNs))) canvas.redraw();
    }, SETTLE_MS);
    return () => clearInterval(timer);
  }, [canvas, snapshot, events]);
  const procs = snapshot?.ps.length ?? 1;
  const height = lanesHeight(width || 1000, procs);
  const words = useSlow(snapshot);
  return (
    <section class="lanes" aria-label="Lanes">
      <canvas ref={canvas.ref} class="lanes-canvas" aria-hidden="true" style={{ height: `${height}px` }} />
      <p class="lanes-ms">
        {snapshot ? <>Ms: {machinesSentence(snapshot)}</> : 'Nothing has run yet: each P gets a lane here as soon as something does.'}
      </p>
      {words && <LanesTable snapshot={words} samples={samples.current} />}
    </section>
  );
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
