/** Writes the events of collections, for tests only. */
import { EventKind } from '../engine/types';
import { STW_GC } from './reasons';
import type { EventWriter } from './synthetic-events';

/** One collection as the runtime tells it: two stops of the world, marking between them. */
export function writeCollection(w: EventWriter, cycle: number, at: number, live = 4e6): void {
  const g = 5;
  w.write({ timeNs: at, kind: EventKind.GcBegin, p: 0, g, a: cycle, b: live, reason: cycle === 2 ? 2 : 0 });
  w.write({ timeNs: at + 10, kind: EventKind.StwBegin, p: 0, g, reason: STW_GC });
  w.write({ timeNs: at + 20, kind: EventKind.StwStopped, p: 0, g });
  w.write({ timeNs: at + 40, kind: EventKind.GcMark, p: 0, g, a: cycle, b: 8e6 });
  w.write({ timeNs: at + 50, kind: EventKind.StwEnd, p: 0, g, b: 40 });
  w.write({ timeNs: at + 500, kind: EventKind.GcAssist, p: 0, g: 7, a: 12, b: 100 });
  w.write({ timeNs: at + 600, kind: EventKind.GcAssistWait, p: 0, g: 8, b: 4096 });
  w.write({ timeNs: at + 1000, kind: EventKind.StwBegin, p: 0, g, reason: STW_GC });
  w.write({ timeNs: at + 1010, kind: EventKind.StwStopped, p: 0, g });
  w.write({ timeNs: at + 1020, kind: EventKind.GcMarked, p: 0, g, a: cycle, b: 2e6 });
  w.write({ timeNs: at + 1100, kind: EventKind.StwEnd, p: 0, g, b: 100 });
  w.write({ timeNs: at + 1500, kind: EventKind.GcSwept, p: 0, g, a: cycle, b: 33 });
}
