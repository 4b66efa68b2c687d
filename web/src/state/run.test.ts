import { expect, test } from 'vitest';
import { FakeModule, LIVE_BYTES } from '../engine/testing/fake-module';
import { readLiveBlock } from '../engine/live-block';
import { runLost, takeSnapshot } from './run';
import * as store from './store';

/** A sample of a run that has been going on for a second. */
function sample() {
  let now = 0;
  const module = new FakeModule(() => now);
  module.start('mine', '{"procs":2}');
  now = 1000;
  module.poll();
  return readLiveBlock(module.HEAPU32.subarray(module.live_address() / 4, (module.live_address() + LIVE_BYTES) / 4))!;
}

test('a run that is lost keeps its figures, and nothing of it stands there as if it ran', () => {
  store.phase.value = 'running';
  const last = sample();
  expect(last.ps.map((p) => p.status)).toEqual([1, 1]);
  takeSnapshot(last);
  runLost();
  expect(store.phase.value).toBe('lost');
  expect(store.workRate.value).toBeNull();
  for (const shown of [store.snapshot.value!, store.slow.value!]) {
    expect(shown).toMatchObject({ state: 'failed', elapsedNs: 1e9, workDone: last.workDone, globalQueue: 0, spinningMs: 0, ms: [] });
    for (const [id, p] of shown.ps.entries()) expect(p).toMatchObject({ status: 0, g: 0, queue: 0, runnext: false, busyNs: last.ps[id]!.busyNs });
  }
});

test('an engine that is lost between runs takes nothing of the last one along', () => {
  store.phase.value = 'ended';
  const last = sample();
  takeSnapshot(last);
  runLost();
  expect(store.phase.value).toBe('ended');
  expect(store.snapshot.value).toBe(last);
});
