import { expect, test } from 'vitest';
import type { LiveSnapshot, RunResult } from '../engine/types';
import { failureSentence, finalRate, lostSentence, precision, progressOf, rateText, stateWord } from './status';
import { fakeDescription } from '../engine/testing/fake-module';

const snapshot = (more: Partial<LiveSnapshot>): LiveSnapshot => ({
  state: 'running', run: 1, elapsedNs: 2e9, heartbeat: 0, globalQueue: 0, progressDone: 0, progressTotal: 0, goroutines: 0, goroutinesCreated: 0,
  idlePs: 0, spinningMs: 0, workDone: 0, eventsDropped: 0, ps: [], ms: [], heap: null, ...more,
});
const mine = fakeDescription.experiments[0];
const words = (text: string): string => text.replace(/\s/g, ' ');

test('the word is that of the engine until it is ready, then that of the run', () => {
  expect(stateWord('idle', 'starting', null)).toBe('STARTING');
  expect(stateWord('idle', 'lost', null)).toBe('NO ENGINE');
  expect(stateWord('running', 'ready', null)).toBe('RUNNING');
  expect(stateWord('ended', 'ready', { state: 'deadlocked' } as RunResult)).toBe('DEADLOCKED');
  expect(stateWord('lost', 'starting', null)).toBe('STARTING');
  expect(stateWord('lost', 'ready', null)).toBe('FAILED');
});

test('progress without a known end has no share', () => {
  const blocks = { ...mine!, progress_unit: 'blocks' };
  expect(progressOf(null, blocks)).toEqual({ share: null, text: '' });
  expect(progressOf(snapshot({ progressDone: 7 }), blocks)).toEqual({ share: null, text: '7 blocks done' });
  expect(progressOf(snapshot({ progressDone: 5, progressTotal: 8 }), blocks)).toEqual({ share: 0.625, text: '5 of 8 blocks · 62 %' });
  expect(progressOf(snapshot({ progressDone: 9, progressTotal: 8 }), blocks).share).toBe(1);
});

test('progress that counts several things is a share alone', () => {
  expect(progressOf(snapshot({ progressDone: 5, progressTotal: 8 }), { ...mine!, progress_unit: undefined })).toEqual({ share: 0.625, text: '62 %' });
});

test('a rate counts what the experiment counts, and one that counts nothing has none', () => {
  expect(words(rateText(3, { ...mine!, work_unit: 'messages' }))).toBe('3.00 messages/s');
  expect(rateText(0, { ...mine!, work_unit: undefined })).toBe('');
  expect(rateText(null, mine)).toBe('');
  expect(words(finalRate(snapshot({ workDone: 83.6e6 }), mine))).toBe('41.8 MH/s');
  expect(finalRate(snapshot({ workDone: 0 }), mine)).toBe('');
});

test('a bad end is one sentence, and says where the rest is', () => {
  const ended = (message: string): RunResult => ({ message }) as RunResult;
  expect(failureSentence(ended('fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain\n'))).toBe('All goroutines are asleep: a deadlock. The result in the Lab has all of what Go would write.');
  expect(failureSentence(ended('panic: close of nil channel'))).toBe('Panic: close of nil channel.');
  expect(failureSentence(ended(''))).toBe('');
  expect(failureSentence(null)).toBe('');
});

test('a run that went with its engine is told as lost, with how much of it is shown', () => {
  expect(words(lostSentence(snapshot({}), 'Mine'))).toBe('This run was lost with its engine: it has no result, and what stands here is what was seen of its first 2.00 s. Mine starts another.');
  expect(lostSentence(null, 'Mine')).toBe('This run was lost with its engine before anything was seen of it. Mine starts another.');
});

test('what limits the precision of the figures is said beside them', () => {
  const cost = { wall_ns: 1, events_recorded: 5, events_dropped: 3, clock_resolution_ns: 5000 };
  expect(precision({ driver: 'threads', cost } as RunResult, null).map(words)).toEqual(['clock ±5.00 µs', '3 events dropped']);
  expect(precision({ driver: 'virtual', cost: { ...cost, events_dropped: 0 } } as RunResult, null)[0]).toBe('clock exact');
  expect(precision(null, snapshot({}))).toEqual([]);
});
