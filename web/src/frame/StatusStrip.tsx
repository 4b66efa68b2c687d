/** Always there: says in words what is going on. */
import type { ComponentChildren } from 'preact';
import { refusalOf } from '../engine/types';
import { cancel } from '../state/actions';
import * as store from '../state/store';
import { duration } from '../views/format';
import { ProcsStepper } from './ProcsStepper';
import { failureSentence, finalRate, lostSentence, precision, progressOf, rateText, stateWord } from './status';

function Badge({ children, title }: { children: ComponentChildren; title: string }) {
  return (
    <span class="badge" title={title}>
      {children}
    </span>
  );
}

function Badges() {
  const virtual = store.result.value?.driver === 'virtual' || store.shown.value?.parameters.time === 'virtual';
  return (
    <>
      {store.engineKind.value === 'single' && <Badge title="This page has no shared memory: one thread plays all Ms in turn.">simulated threads</Badge>}
      {virtual && <Badge title="The clock is advanced by a cost table, not read: the same parameters give the same events everywhere.">virtual time</Badge>}
    </>
  );
}

/** What stands beside the state word. */
function figures(): string[] {
  const phase = store.phase.value;
  const snapshot = store.slow.value;
  const spec = store.shownExperiment.value;
  if (phase === 'running' || phase === 'cancelling') {
    return [snapshot ? duration(snapshot.elapsedNs) : '', rateText(store.workRate.value, spec), progressOf(snapshot, spec).text];
  }
  if (phase === 'lost') return [snapshot ? `after ${duration(snapshot.elapsedNs)}` : '', progressOf(snapshot, spec).text];
  if (phase !== 'ended') return [];
  const cost = store.result.value?.cost;
  const time = cost ? duration(cost.virtual_ns ?? cost.wall_ns) : '';
  return [time && `in ${time}`, finalRate(snapshot, spec), progressOf(snapshot, spec).text];
}

function sentence(): string {
  const verb = store.experiment.value?.verb ?? 'Run';
  if (store.engine.value !== 'ready') return store.engine.value === 'preparing' ? 'Preparing threads…' : store.engineSentence.value || 'Starting the engine…';
  switch (store.phase.value) {
    case 'starting':
      return 'The run is being started.';
    case 'running':
      return 'Cancel or Esc ends it at the next checkpoint.';
    case 'cancelling':
      return 'It ends at the next checkpoint.';
    case 'idle':
      if (store.fieldErrors.value[0]) return `${refusalOf(store.fieldErrors.value[0])} Nothing can be run before that is mended.`;
      if (store.fromLink.value) return `The form holds what the link says. Nothing has been run; ${verb} starts it.`;
      return `Nothing is running. ${verb} starts a run.`;
    case 'lost':
      return lostSentence(store.slow.value, verb);
    case 'ended':
      if (store.shown.value?.intro) return `A small run made just now in virtual time, to have something to show. ${verb} starts yours.`;
      return failureSentence(store.result.value) || `This is run ${store.result.value?.run ?? ''} of this page. ${verb} starts another.`;
  }
}

function FirstLine() {
  return (
    <div class="strip-line">
      <b class="strip-word">{stateWord(store.phase.value, store.engine.value, store.result.value)}</b>
      {store.shown.value && <span class="strip-name">{store.shown.value.experiment}</span>}
      {figures()
        .filter((text) => text !== '')
        .map((text) => (
          <span class="figure">{text}</span>
        ))}
      <Badges />
      <ProcsStepper />
      <button type="button" class="button strip-cancel" disabled={store.phase.value !== 'running'} onClick={cancel}>
        Cancel
      </button>
    </div>
  );
}

function ProgressBar() {
  const phase = store.phase.value;
  const { share, text } = progressOf(store.slow.value, store.shownExperiment.value);
  const shown = phase === 'ended' && store.result.value?.state === 'done' ? 1 : (share ?? 0);
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label="Progress of the run"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === null ? undefined : Math.floor(shown * 100)}
      aria-valuetext={text || 'not running'}
    >
      <div class="progress-done" style={{ inlineSize: `${shown * 100}%` }} data-running={phase === 'running' || phase === 'cancelling'} />
    </div>
  );
}

export function StatusStrip() {
  const word = stateWord(store.phase.value, store.engine.value, store.result.value);
  return (
    <section class={`strip strip-${word.toLowerCase().replace(' ', '-')}`} aria-label="Status">
      <FirstLine />
      <div class="strip-words">
        <span>{sentence()}</span>
        <span class="strip-precision">{precision(store.result.value, store.slow.value).join(' · ')}</span>
      </div>
      <ProgressBar />
    </section>
  );
}
