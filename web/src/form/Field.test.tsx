// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, describe, expect, test } from 'vitest';
import type { FieldError, ParameterSpec, ParameterValue } from '../engine/types';
import { fakeDescription } from '../engine/testing/fake-module';
import { Field } from './Field';
import { rangeText } from './range';
import { summary } from './summary';

const mine = fakeDescription.experiments[0]!;
const parameter = (name: string): ParameterSpec => mine.parameters.find((p) => p.name === name)!;

afterEach(() => document.body.replaceChildren());

/** Draws one field and gives the control and what it was changed to. */
function field<T extends HTMLElement>(name: string, value: ParameterValue, error?: FieldError): { control: T; changes: ParameterValue[] } {
  const changes: ParameterValue[] = [];
  const root = document.createElement('div');
  document.body.append(root);
  void act(() => render(<Field spec={parameter(name)} value={value} error={error} onChange={(v) => changes.push(v)} onFocus={() => {}} />, root));
  return { control: document.getElementById(`field-${name}`) as T, changes };
}

function type(control: HTMLInputElement, text: string, event = 'input'): void {
  control.value = text;
  control.dispatchEvent(new Event(event, { bubbles: true }));
}

describe('a field', () => {
  test('of whole numbers gives numbers, and what is none as the text it is', () => {
    const { control, changes } = field<HTMLInputElement>('blocks', 4);
    type(control, '12');
    type(control, '1e9');
    type(control, '');
    expect(changes).toEqual([12, '1e9', '']);
  });

  test('steps with the arrows, and stays in its range', () => {
    const { control, changes } = field<HTMLInputElement>('blocks', 4);
    for (const [key, shiftKey] of [['ArrowUp', false], ['ArrowUp', true], ['ArrowDown', true]] as const) {
      control.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true }));
    }
    expect(changes).toEqual([5, 14, 1]);
  });

  test('of durations shows a unit, and takes one when it is left', () => {
    const { control, changes } = field<HTMLInputElement>('slice', 10_000_000);
    expect(control.value).toBe('10ms');
    type(control, '1.5ms');
    expect(changes).toEqual([]);
    type(control, '1.5ms', 'change');
    expect(changes).toEqual([1_500_000]);
  });

  test('of text shows its line breaks, and sends the form off with Enter', () => {
    const { control, changes } = field<HTMLTextAreaElement>('data', 'a\nb');
    expect(control.value).toBe('a\nb');
    expect(control.getAttribute('rows')).toBe('2');
    const form = document.createElement('form');
    const sent: string[] = [];
    form.requestSubmit = () => void sent.push('sent');
    control.parentElement!.before(form);
    form.append(control.parentElement!);
    const enter = (shiftKey: boolean) => {
      const event = new KeyboardEvent('keydown', { key: 'Enter', shiftKey, bubbles: true, cancelable: true });
      control.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect([enter(true), sent.length, enter(false), sent.length]).toEqual([false, 0, true, 1]);
    control.value = 'a\nb\nc';
    control.dispatchEvent(new Event('input', { bubbles: true }));
    expect(changes).toEqual(['a\nb\nc']);
  });

  test('of choices offers what the table offers, and a wrong value as it stands', () => {
    expect([...field<HTMLSelectElement>('strategy', 'locked').control.options].map((o) => o.value)).toEqual(['partition', 'locked']);
    document.body.replaceChildren();
    expect([...field<HTMLSelectElement>('strategy', 'magic').control.options].map((o) => o.value)).toEqual(['magic', 'partition', 'locked']);
  });

  test('says what is wrong where the control points for its description', () => {
    const error: FieldError = { field: 'blocks', value: '0', allowed: '1 to 1000', used: '4', message: 'blocks must be 1 to 1000.' };
    const { control } = field<HTMLInputElement>('blocks', 0, error);
    expect(control.getAttribute('aria-invalid')).toBe('true');
    expect(document.getElementById(control.getAttribute('aria-describedby')!)?.textContent).toBe('blocks must be 1 to 1000.');
  });
});

test('the range stands beside a field in a few characters', () => {
  expect(['blocks', 'difficulty', 'slice', 'data', 'strategy'].map((name) => rangeText(parameter(name)))).toEqual([
    '1…1000', '0…40 bits', '20µs…1s', 'up to 256 bytes', '',
  ]);
});

test('a form in one line tells what was changed, or else its first numbers', () => {
  const values = Object.fromEntries(mine.parameters.map((p) => [p.name, p.default]));
  expect(summary(mine, values)).toBe('mine · blocks 4 · goroutines 8 · difficulty 16 bits');
  expect(summary(mine, { ...values, seed: 7, slice: 20_000 })).toBe('mine · slice 20µs · seed 7');
});
