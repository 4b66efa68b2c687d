import { describe, expect, it } from 'vitest';
import { EventKind, type LiveSnapshot } from '../../engine/types';
import type { EventStore } from '../../state/events';
import { storeOf } from '../../state/synthetic-events';
import { LaneSamples, STRIP } from './lane-samples';
import { stripOf } from './whole-run';

/** P0 runs g5 for the first half and is idle then; P1 runs g6 in the second half. */
function halves(): EventStore {
  return storeOf((log) => {
    log.write({ timeNs: 0, kind: EventKind.GoRun, p: 0, g: 5 });
    log.write({ timeNs: 500, kind: EventKind.ProcIdle, p: 0 });
    log.write({ timeNs: 500, kind: EventKind.GoRun, p: 1, g: 6 });
    log.write({ timeNs: 1000, kind: EventKind.ProcIdle, p: 1 });
  });
}

describe('the strip of a whole run', () => {
  it('says what each P did from the beginning to the end', () => {
    const strip = stripOf(halves(), 2, 1000);
    expect(strip).toHaveLength(STRIP);
    expect(strip.map(([p0]) => p0!.g)).toEqual([...Array<number>(STRIP / 2).fill(5), ...Array<number>(STRIP / 2).fill(0)]);
    expect(strip.map(([, p1]) => p1!.status)).toEqual([...Array<number>(STRIP / 2).fill(0), ...Array<number>(STRIP / 2).fill(1)]);
  });
});

describe('samples of the lanes', () => {
  const snapshot = (state: 'running' | 'done', elapsedNs: number): LiveSnapshot => ({ state, run: 1, elapsedNs, ps: [{ status: 1, g: 5 }] }) as LiveSnapshot;
  const whole = (): never[][] => Array.from({ length: STRIP }, () => []);

  it('are completed once, when a run is over that was hardly sampled', () => {
    const samples = new LaneSamples();
    samples.add(snapshot('running', 1));
    expect(samples.complete(snapshot('running', 1), whole)).toBe(false);
    samples.add(snapshot('done', 2));
    expect(samples.complete(snapshot('done', 2), whole)).toBe(true);
    expect(samples.complete(snapshot('done', 2), whole)).toBe(false);
    expect(samples.strip).toHaveLength(STRIP);
  });

  it('stay as they were taken where there are enough', () => {
    const samples = new LaneSamples();
    for (let i = 1; i <= STRIP; i++) samples.add(snapshot('running', i));
    samples.add(snapshot('done', STRIP + 1));
    expect(samples.complete(snapshot('done', STRIP + 1), whole)).toBe(false);
  });
});
