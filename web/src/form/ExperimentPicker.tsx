import { selectExperiment } from '../state/actions';
import * as store from '../state/store';
import type { ExperimentSpec } from '../engine/types';

/** The table's groups, each with its experiments, in the table's order. */
function byGroup(experiments: ExperimentSpec[]): Map<string, ExperimentSpec[]> {
  const groups = new Map<string, ExperimentSpec[]>();
  for (const spec of experiments) groups.set(spec.group, [...(groups.get(spec.group) ?? []), spec]);
  return groups;
}

export function ExperimentPicker() {
  const spec = store.experiment.value;
  const groups = byGroup(store.description.value?.experiments ?? []);
  return (
    <div class="picker">
      <label class="picker-label" for="experiment">
        experiment
      </label>
      <select id="experiment" class="input" value={spec?.name ?? ''} disabled={!spec} onChange={(event) => selectExperiment(event.currentTarget.value)}>
        {[...groups].map(([group, experiments]) => (
          <optgroup key={group} label={group}>
            {experiments.map((e) => (
              <option key={e.name} value={e.name}>
                {e.name} – {e.title}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      {spec && (
        <>
          <h2 class="picker-question">{spec.question}</h2>
          <p class="picker-shows">{spec.shows}</p>
        </>
      )}
    </div>
  );
}
