/** A form in one line: the experiment, what was changed, and else its first parameters. */
import type { ExperimentSpec, ParameterSpec, Parameters } from '../engine/types';
import { formatDuration } from '../link/values';
import { changedOf } from '../state/store';

const MOST = 3;
/** Units of measures. Others say what is counted, which the parameter's name does already; and 0 is no measure but “none”. */
const MEASURES = new Set(['B', 'KiB', 'MiB', 'bits', '%']);

function one(spec: ParameterSpec, values: Parameters): string {
  const value = values[spec.name];
  if (spec.type === 'duration' && typeof value === 'number') return `${spec.name} ${formatDuration(value)}`;
  return [spec.name, String(value), value !== 0 && MEASURES.has(spec.unit ?? '') ? spec.unit : ''].join(' ').trimEnd();
}

export function summary(spec: ExperimentSpec, values: Parameters): string {
  const changed = changedOf(spec, values);
  const told = changed.length > 0 ? changed : spec.parameters.filter((p) => p.group === 'experiment');
  return [spec.name, ...told.slice(0, MOST).map((p) => one(p, values))].join(' · ');
}
