import { describe, expect, it } from 'vitest';
import { EventKind, type LiveSnapshot } from '../../engine/types';
import { EventStore } from '../../state/events';
import { STOP } from '../../state/reasons';
import { EventWriter } from '../../state/synthetic-events';
import { layoutOf, laneTop, xOf } from '../../ui/timeline-layout';
import { hitTest } from './hit';
import { labelOf, machinesSentence } from './sentences';

const plain = (text: string | undefined): string | undefined => text?.replaceAll('\u202f', ' ');

/** Looks at P `p` (-1: over the lanes) at `timeNs` of a run of 1 ms on a canvas of 1032 pixels: a pixel a microsecond. */
function at(write: (writer: EventWriter) => void): (p: number, timeNs: number, share?: number) => string | undefined {
  const writer = new EventWriter();
  write(writer);
  writer.write({ timeNs: 1_000_000, kind: EventKind.MPark });
  const events = new EventStore();
  events.append(writer.take(), 0);
  while (!events.pump(1000));
  const layout = layoutOf(1032, 2);
  const view = { t0: 0, t1: 1_000_000 };
  const scene = {
    events, view, layout, endNs: events.lastTimeNs, label: labelOf(events, ['main', 'worker']), isGc: () => false, cursorX: null, pinned: null, lane: null,
  };
  return (p, timeNs, share = 0.5) => {
    const y = p < 0 ? layout.top - 8 : laneTop(layout, p) + layout.laneHeight * share;
    return plain(hitTest(scene, xOf(layout, view, timeNs), y)?.sentence);
  };
}

describe('under the cursor', () => {
  it('a slice is told with its end and the reason', () => {
    const say = at((w) => {
      w.write({ timeNs: 0, kind: EventKind.GoCreate, p: 1, g: 18, b: 1 });
      w.write({ timeNs: 100_000, kind: EventKind.GoRun, p: 1, g: 18, a: 0 });
      w.write({ timeNs: 314_000, kind: EventKind.ProcIdle, p: 1, reason: STOP.wait + 1 });
    });
    expect(say(1, 200_000)).toBe('g18 worker ran on P1 for 214 µs, from 100.00 µs, then stopped: chan receive.');
    expect(say(1, 50_000)).toBe('P1 was idle for 100 µs, from 0 s.');
    expect(say(1, 700_000)).toBe('P1 was idle for 686 µs, from 314.00 µs.');
  });

  it('slices too narrow to see are told together', () => {
    const say = at((w) => {
      for (let i = 0; i < 1000; i++) {
        w.write({ timeNs: i * 1000, kind: EventKind.GoRun, p: 0, g: 5, a: 0 });
        w.write({ timeNs: i * 1000 + 500, kind: EventKind.ProcIdle, p: 0, reason: STOP.exit });
      }
    });
    expect(say(0, 500_000)).toMatch(/^P0 from 498\.00 µs to 502\.00 µs: \d slices, busy 50\.0 %\. Zoom in/);
  });

  it('a steal, a preemption, a mark and a stop of the world are told', () => {
    const say = at((w) => {
      w.write({ timeNs: 0, kind: EventKind.GoRun, p: 0, g: 2, a: 0 });
      w.write({ timeNs: 100_000, kind: EventKind.Steal, p: 1, a: 0, b: 3, g: 9 });
      w.write({ timeNs: 300_000, kind: EventKind.Preempt, g: 2, a: 0, b: 10_000_000 });
      w.write({ timeNs: 500_000, kind: EventKind.User, p: 0, g: 2, a: 1, b: 91_233 });
      w.write({ timeNs: 700_000, kind: EventKind.StwBegin, p: 0, g: 2, reason: 1 });
      w.write({ timeNs: 710_000, kind: EventKind.StwStopped, p: 0 });
      w.write({ timeNs: 740_000, kind: EventKind.StwEnd, p: 0 });
    });
    expect(say(0, 100_000)).toBe('P1 stole 3 goroutines from P0 at 100.00 µs and ran g9 first.');
    expect(say(0, 300_000, 0.1)).toBe('g2 on P0 was told to yield at 300.00 µs, after running for 10.0 ms.');
    expect(say(-1, 500_000)).toBe('g2 on P0 solved block 91 233 at 500.00 µs.');
    expect(say(1, 720_000)).toBe('The world was stopped to change GOMAXPROCS for 40.0 µs, from 700.00 µs; it took 10.0 µs until every P stood still.');
    expect(say(0, 900_000)).toBe('g2 has been running on P0 for 1.00 ms, from 0 s.');
  });
});

describe('the Ms', () => {
  it('are told in words', () => {
    const ms = [1, 1, 2, 3, 0].map((state, id) => ({ id, state, p: -1, g: 0 }));
    expect(machinesSentence({ state: 'running', ms } as unknown as LiveSnapshot)).toBe('2 running, 1 spinning, 1 parked');
    expect(machinesSentence({ state: 'done', ms } as unknown as LiveSnapshot)).toBe('all 4 parked: the run is over');
    expect(machinesSentence({ state: 'done', ms: [] } as unknown as LiveSnapshot)).toBe('none started');
    expect(machinesSentence({ state: 'failed', ms: [] } as unknown as LiveSnapshot)).toBe('none left');
  });
});
