import { signal } from '@preact/signals';
import type { ExperimentSpec, ParameterSpec } from '../engine/types';
import { setValue } from '../state/actions';
import * as store from '../state/store';
import { Field } from './Field';
import { summary } from './summary';

/** The parameter one is at, for the line of help. */
export const focusedParameter = signal('');

function Fields({ parameters }: { parameters: ParameterSpec[] }) {
  return (
    <>
      {parameters.map((parameter) => (
        <Field
          key={parameter.name}
          spec={parameter}
          value={store.values.value[parameter.name] ?? parameter.default}
          error={store.fieldErrors.value.find((e) => e.field === parameter.name)}
          onChange={(value) => setValue(parameter.name, value)}
          onFocus={() => (focusedParameter.value = parameter.name)}
        />
      ))}
    </>
  );
}

/** One group of the table. All but the experiment's own fold away, and say in one line what is set in them. */
export function Group({ spec, group }: { spec: ExperimentSpec; group: ParameterSpec['group'] }) {
  const parameters = spec.parameters.filter((p) => p.group === group);
  if (parameters.length === 0) return null;
  if (group === 'experiment') {
    return (
      <fieldset class="group">
        <legend class="visually-hidden">{spec.title}</legend>
        <Fields parameters={parameters} />
      </fieldset>
    );
  }
  const part = { ...spec, name: group, parameters };
  const wrong = parameters.some((p) => store.fieldErrors.value.some((e) => e.field === p.name));
  const [, ...told] = summary({ ...part, parameters: parameters.map((p) => ({ ...p, group: 'experiment' })) }, store.values.value).split(' · ');
  return (
    <details class="group" open={wrong || undefined}>
      <summary>
        <span class="group-name">{group}</span>
        <span class={store.changedOf(part, store.values.value).length > 0 ? 'group-told group-changed' : 'group-told'}>{told.join(' · ')}</span>
      </summary>
      <Fields parameters={parameters} />
    </details>
  );
}
