/** A form in one line: the experiment, what was changed, and else its first parameters. */
import type { ExperimentSpec, ParameterSpec, Parameters } from '../engine/types';
import { formatDuration } from '../link/values';
import { changedOf } from '../state/store';

const MOST = 3;

function one(spec: ParameterSpec, values: Parameters): string {
  const value = values[spec.name];
  return `${spec.name} ${spec.type === 'duration' && typeof value === 'number' ? formatDuration(value) : String(value)}`;
}

export function summary(spec: ExperimentSpec, values: Parameters): string {
  const changed = changedOf(spec, values);
  const told = changed.length > 0 ? changed : spec.parameters.filter((p) => p.group === 'experiment');
  return [spec.name, ...told.slice(0, MOST).map((p) => one(p, values))].join(' · ');
}
