/** One parameter: its name, a control of its type, its unit and range, and what is wrong with it. */
import type { ComponentChildren } from 'preact';
import { type FieldError, type ParameterSpec, type ParameterValue, refusalOf } from '../engine/types';
import { formatDuration, readValue } from '../link/values';
import { TextLines } from '../ui/TextLines';
import { rangeText } from './range';

interface Props {
  spec: ParameterSpec;
  value: ParameterValue;
  error: FieldError | undefined;
  onChange: (value: ParameterValue) => void;
  onFocus: () => void;
}

/** The text of a value in its field; the field then keeps what is typed until it is left. */
function textOf(spec: ParameterSpec, value: ParameterValue): string {
  return spec.type === 'duration' && typeof value === 'number' ? formatDuration(value) : String(value);
}

function step(spec: ParameterSpec, value: ParameterValue, event: KeyboardEvent): number | null {
  if (spec.type !== 'integer' || typeof value !== 'number') return null;
  const direction = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
  if (direction === 0) return null;
  event.preventDefault();
  const next = value + direction * (event.shiftKey ? 10 : 1);
  return Math.min(spec.max ?? next, Math.max(spec.min ?? next, next));
}

/** Enter sends the form off as in any other field; with Shift it begins a line. */
function TextControl({ spec, value, error, onChange, onFocus }: Props) {
  return (
    <TextLines
      id={`field-${spec.name}`}
      class="input"
      value={String(value)}
      aria-invalid={error ? true : undefined}
      aria-describedby={`about-${spec.name}`}
      onFocus={onFocus}
      onInput={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.metaKey || event.isComposing) return;
        event.preventDefault();
        event.currentTarget.form?.requestSubmit();
      }}
    />
  );
}

function NumberControl({ spec, value, error, onChange, onFocus }: Props) {
  return (
    <input
      id={`field-${spec.name}`}
      class="input input-number"
      type="text"
      inputMode={spec.type === 'integer' ? 'numeric' : 'text'}
      autocomplete="off"
      spellcheck={false}
      value={textOf(spec, value)}
      aria-invalid={error ? true : undefined}
      aria-describedby={`about-${spec.name}`}
      onFocus={onFocus}
      onInput={(event) => {
        const text = event.currentTarget.value;
        const read = readValue(spec, text);
        // While one types "1.5ms" the field must not be rewritten to "1ms": durations are taken over on leaving it.
        if (spec.type !== 'duration') onChange(read);
      }}
      onChange={(event) => onChange(readValue(spec, event.currentTarget.value))}
      onKeyDown={(event) => {
        const next = step(spec, value, event);
        if (next !== null) onChange(next);
        else if (event.key === 'Enter') onChange(readValue(spec, event.currentTarget.value));
      }}
    />
  );
}

function Control(props: Props) {
  const { spec, value, error, onChange, onFocus } = props;
  const id = `field-${spec.name}`;
  if (spec.type === 'boolean') {
    return (
      <input
        id={id}
        class="check"
        type="checkbox"
        checked={value === true}
        aria-describedby={`about-${spec.name}`}
        onFocus={onFocus}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (spec.type === 'choice') {
    const known = spec.choices?.some((c) => c.value === value);
    return (
      <select
        id={id}
        class="input"
        value={String(value)}
        aria-invalid={error ? true : undefined}
        aria-describedby={`about-${spec.name}`}
        onFocus={onFocus}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {!known && <option value={String(value)}>{String(value)}</option>}
        {spec.choices?.map((c) => (
          <option key={c.value} value={c.value}>
            {c.value}
          </option>
        ))}
      </select>
    );
  }
  return spec.type === 'text' ? <TextControl {...props} /> : <NumberControl {...props} />;
}

function Beside({ children }: { children: ComponentChildren }) {
  return <span class="field-range">{children}</span>;
}

export function Field(props: Props) {
  const { spec, error } = props;
  const range = rangeText(spec);
  return (
    <div class="field" data-type={spec.type} data-invalid={error ? true : undefined}>
      <label for={`field-${spec.name}`} title={spec.help}>
        {spec.name.replaceAll('_', ' ')}
      </label>
      <Control {...props} />
      <Beside>{range}</Beside>
      <span id={`about-${spec.name}`} class={error ? 'field-error' : 'visually-hidden'}>
        {error ? refusalOf(error) : `${spec.help} ${range}`}
      </span>
    </div>
  );
}
