/** A setting of the run that is on: a field to type in, and two buttons that go along the usual values. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { shortened } from '../../link/values';

interface Props {
  id: string;
  label: string;
  /** As the run has it. */
  value: number;
  /** What the buttons go through, in order of their effect. */
  steps: readonly number[];
  text: (value: number) => string;
  /** Null: what was typed is no value, or none that is allowed. */
  read: (text: string) => number | null;
  help: string;
  /** After "it must be". */
  allowed: string;
  onChange: (value: number) => void;
}

/** The next of the usual values on that side. */
export function nextStep(steps: readonly number[], value: number, by: 1 | -1): number | null {
  const at = steps.indexOf(value);
  if (at >= 0) return steps[at + by] ?? null;
  const higher = steps.findIndex((one) => one > value);
  const place = higher < 0 ? steps.length : higher;
  return steps[by > 0 ? place : place - 1] ?? null;
}

/** What was typed where, what is allowed, and what holds instead. */
function refusal(label: string, written: string, allowed: string, kept: string): string {
  const cut = shortened(written);
  const shown = /^[-−]?\d+(\.\d+)?$/.test(cut) ? cut : `“${cut}”`;
  return `${label[0]!.toUpperCase()}${label.slice(1)} is ${shown}: it must be ${allowed}; it stays ${kept}.`;
}

export function StepField({ id, label, value, steps, text, read, help, allowed, onChange }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  // What was refused; the sentence is made when it is drawn, so that what stays is what the run has.
  const [wrong, setWrong] = useState<string | null>(null);
  // What was asked for last, until the run has it: two quick clicks are two steps.
  const asked = useRef<number | null>(null);
  useEffect(() => void (asked.current = null), [value]);
  const ask = (next: number): void => {
    asked.current = next;
    setTyped(null);
    setWrong(null);
    onChange(next);
  };
  const go = (by: 1 | -1): void => {
    const next = nextStep(steps, asked.current ?? value, by);
    if (next !== null) ask(next);
  };
  const take = (written: string): void => {
    const next = read(written);
    if (next === null) return setWrong(written.trim());
    if (next !== value) ask(next);
    else setTyped(null);
    setWrong(null);
  };
  return (
    <span class="step-field" role="group" aria-label={label}>
      <label for={id}>{label}</label>
      <button type="button" aria-label={`${label}: less`} onClick={() => go(-1)}>−</button>
      <input
        id={id} class="input input-number" type="text" autocomplete="off" spellcheck={false} value={typed ?? text(value)} aria-invalid={wrong === null ? undefined : true} aria-describedby={`${id}-help`}
        onInput={(event) => setTyped(event.currentTarget.value)} onChange={(event) => take(event.currentTarget.value)}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
          if (by === 0) return;
          event.preventDefault();
          go(by);
        }}
      />
      <button type="button" aria-label={`${label}: more`} onClick={() => go(1)}>+</button>
      <span id={`${id}-help`} class={wrong === null ? 'muted step-help' : 'step-wrong'} aria-live="polite">{wrong === null ? help : refusal(label, wrong, allowed, text(value))}</span>
    </span>
  );
}
