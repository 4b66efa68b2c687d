/** What a parameter may be, in the few characters that stand beside its field. */
import type { ParameterSpec } from '../engine/types';
import { formatDuration } from '../link/values';
import { grouped } from '../views/format';

export function rangeText(spec: ParameterSpec): string {
  const { min, max, unit } = spec;
  switch (spec.type) {
    case 'integer': {
      if (max === Number.MAX_SAFE_INTEGER) return `${grouped(min ?? 0)}…2⁵³−1`;
      const range = min !== undefined && max !== undefined ? `${grouped(min)}…${grouped(max)}` : min !== undefined ? `≥ ${grouped(min)}` : '';
      // The name says it already when the unit is the name: "blocks 1…1000", not "blocks 1…1000 blocks".
      return unit && unit !== spec.name && unit !== '1' ? `${range} ${unit}` : range;
    }
    case 'duration':
      return min !== undefined && max !== undefined ? `${formatDuration(min)}…${formatDuration(max)}` : '';
    case 'text':
      return max !== undefined ? `up to ${grouped(max)} bytes` : '';
    default:
      return '';
  }
}
