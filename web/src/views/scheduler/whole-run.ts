/** A whole run as the strip of the lanes shows it: for a run that was over before it could be sampled, made from its events instead. */
import type { EventStore } from '../../state/events';
import { type LaneSample, STRIP } from './lane-samples';

const IDLE: LaneSample = { status: 0, g: 0 };

/** What each of `procs` Ps did at evenly spaced moments of the run, the first at its beginning. */
export function stripOf(events: EventStore, procs: number, endNs: number): LaneSample[][] {
  const strip = Array.from({ length: STRIP }, () => Array<LaneSample>(procs).fill(IDLE));
  for (let p = 0; p < procs; p++) {
    for (let i = 0; i < STRIP; i++) {
      const at = (i / STRIP) * endNs;
      const { from, to } = events.slicesIn(p, at, at);
      if (from < to) strip[i]![p] = { status: 1, g: events.slice(p, from).g };
    }
  }
  return strip;
}
