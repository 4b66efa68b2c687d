/** The status strip's words, made from the state by plain functions. */
import type { ExperimentSpec, LiveSnapshot, RunResult } from '../engine/types';
import type { Phase } from '../state/store';
import { duration, grouped, plural, rate } from '../views/format';

export function stateWord(phase: Phase, engine: string, result: RunResult | null): string {
  if (engine !== 'ready' && engine !== 'lost' && phase !== 'running') return 'STARTING';
  if (engine === 'lost') return 'NO ENGINE';
  switch (phase) {
    case 'idle':
      return 'IDLE';
    case 'starting':
      return 'STARTING';
    case 'running':
      return 'RUNNING';
    case 'cancelling':
      return 'CANCELLING';
    case 'ended':
      return (result?.state ?? 'done').toUpperCase();
    case 'lost':
      return 'FAILED';
  }
}

export interface Progress {
  share: number | null;
  text: string;
}

/** Counts in the experiment's unit; of one whose progress has none only the share means anything. */
export function progressOf(snapshot: LiveSnapshot | null, spec: ExperimentSpec | undefined): Progress {
  if (!snapshot) return { share: null, text: '' };
  const { progressDone, progressTotal } = snapshot;
  const unit = spec?.progress_unit;
  if (progressTotal <= 0) return { share: null, text: unit && progressDone > 0 ? `${grouped(progressDone)} ${unit} done` : '' };
  const share = Math.min(1, progressDone / progressTotal);
  const percent = `${Math.floor(share * 100)} %`;
  return { share, text: unit ? `${grouped(progressDone)} of ${grouped(progressTotal)} ${unit} · ${percent}` : percent };
}

/** "" where the experiment counts no work: its rate is not nought but not measured. */
export function rateText(perSecond: number | null, spec: ExperimentSpec | undefined): string {
  return perSecond === null || !spec?.work_unit ? '' : rate(perSecond, `${spec.work_unit}/s`);
}

/** The run's whole rate, when it is over. */
export function finalRate(snapshot: LiveSnapshot | null, spec: ExperimentSpec | undefined): string {
  if (!snapshot || snapshot.elapsedNs <= 0 || snapshot.workDone <= 0) return '';
  return rateText((snapshot.workDone / snapshot.elapsedNs) * 1e9, spec);
}

/** How a run ended badly, in one sentence; the result has the whole of Go's words. "": it did not. */
export function failureSentence(result: RunResult | null): string {
  const [line = '', rest = ''] = (result?.message ?? '').split(/\n([^]*)/);
  const said = line.replace(/^fatal error: /, '').replace(/ - deadlock!$/, ': a deadlock').replace(/[.!]?$/, '.');
  if (!line) return '';
  return `${said[0]!.toUpperCase()}${said.slice(1)}${rest.trim() ? ' The result in the Lab has all of what Go would write.' : ''}`;
}

/** A run that has no result: what is on the page is what was seen of it. */
export function lostSentence(snapshot: LiveSnapshot | null, verb: string): string {
  if (!snapshot) return `This run was lost with its engine before anything was seen of it. ${verb} starts another.`;
  return `This run was lost with its engine: it has no result, and what stands here is what was seen of its first ${duration(snapshot.elapsedNs)}. ${verb} starts another.`;
}

/** Beside the figures that depend on it. */
export function precision(result: RunResult | null, snapshot: LiveSnapshot | null): string[] {
  const words: string[] = [];
  if (result) words.push(result.driver === 'virtual' ? 'clock exact' : `clock ±${duration(result.cost.clock_resolution_ns)}`);
  const dropped = result?.cost.events_dropped ?? snapshot?.eventsDropped ?? 0;
  if (result || dropped > 0) words.push(`${plural(dropped, 'event')} dropped`);
  return words;
}
