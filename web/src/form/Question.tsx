/** The left side: which experiment, with which numbers. On a narrow screen it is one line that unfolds. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { copied, copyLink } from '../frame/copy';
import { resetValues, run, undoReset } from '../state/actions';
import * as store from '../state/store';
import { ExperimentPicker } from './ExperimentPicker';
import { focusedParameter, Group } from './Group';
import { summary } from './summary';

/** `form`: it stands outside of the form that it sends off. */
function RunButton({ form }: { form?: string }) {
  const spec = store.experiment.value;
  const blocked = store.engine.value !== 'ready' || (store.busy.value && !store.shown.value?.intro);
  return (
    <button type="submit" form={form} class="button button-primary" disabled={blocked} aria-keyshortcuts="Control+Enter">
      {spec?.verb ?? 'Run'}
    </button>
  );
}

/** One line of help for the parameter one is at. */
function HelpLine() {
  const parameter = store.experiment.value?.parameters.find((p) => p.name === focusedParameter.value);
  const chosen = parameter?.choices?.find((c) => c.value === store.values.value[parameter.name]);
  return (
    <p class="help-line" aria-hidden="true">
      {parameter ? (
        <>
          <span class="mono">{parameter.name}</span> {parameter.help}
          {chosen && ` ${chosen.value}: ${chosen.help}`}
        </>
      ) : (
        'Ctrl Enter runs, Esc cancels.'
      )}
    </p>
  );
}

function Form() {
  const spec = store.experiment.value;
  if (!spec) return <p class="muted">{store.engine.value === 'lost' ? 'There is no engine to ask.' : 'The engine’s table of experiments comes in a moment.'}</p>;
  const isDefault = spec.parameters.every((p) => store.values.value[p.name] === p.default);
  return (
    <form
      id="question-form"
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <Group spec={spec} group="experiment" />
      <Group spec={spec} group="runtime" />
      <Group spec={spec} group="time" />
      <div class="form-actions">
        <RunButton />
        <button type="button" class="quiet" onClick={() => void copyLink()}>
          {copied.value || 'copy link'}
        </button>
        {store.undoValues.value ? (
          <button type="button" class="quiet" onClick={undoReset}>
            undo reset
          </button>
        ) : (
          <button type="button" class="quiet" disabled={isDefault} onClick={resetValues}>
            reset to defaults
          </button>
        )}
      </div>
      <HelpLine />
    </form>
  );
}

export function Question() {
  const open = useSignal(false);
  // What is wrong must be seen, and be reached by whoever presses the button.
  const wrong = store.fieldErrors.value.length > 0;
  useEffect(() => {
    if (wrong) open.value = true;
  }, [wrong]);
  const spec = store.experiment.value;
  return (
    <aside class="question" aria-label="Experiment" data-open={open.value}>
      <div class="question-line">
        <button type="button" class="question-toggle" aria-expanded={open.value} aria-controls="question-body" onClick={() => (open.value = !open.value)}>
          <span class="caret" aria-hidden="true" />
          <span class="question-summary">{spec ? summary(spec, store.values.value) : 'experiment'}</span>
        </button>
        <RunButton form="question-form" />
      </div>
      <div class="question-body" id="question-body">
        <ExperimentPicker />
        <Form />
      </div>
    </aside>
  );
}
