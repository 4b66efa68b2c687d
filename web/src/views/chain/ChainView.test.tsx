// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RunResult } from '../../engine/types';
import { ChainView } from './ChainView';
import { type Block, preimage, sha256 } from './validate';

let root: HTMLElement;
beforeEach(() => {
  root = document.createElement('div');
  document.body.append(root);
});
afterEach(() => {
  render(null, root);
  root.remove();
});

async function chainOf(length: number): Promise<RunResult> {
  const blocks: Block[] = [];
  for (let index = 0; index < length; index++) {
    const block = { index, timestamp: '2026-03-04T05:06:07Z', data: `data ${index}`, previous_hash: blocks[index - 1]?.hash ?? '0', hash: '', nonce: 7 };
    blocks.push({ ...block, hash: await sha256(preimage(block)) });
  }
  return { run: 1, experiment: 'mine', parameters: { difficulty: 0 }, result: { genesis: blocks[0], blocks: blocks.slice(1) } } as unknown as RunResult;
}

async function show(result: RunResult | null): Promise<void> {
  await act(() => render(<ChainView result={result} />, root));
}

const type = (input: HTMLInputElement | HTMLTextAreaElement, value: string): Promise<void> =>
  act(() => {
    input.value = value;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });

const status = (): string => root.querySelector('.chain-head [role=status]')?.textContent ?? '';
const marks = (): string[] => [...root.querySelectorAll('.block-mark')].map((mark) => mark.textContent ?? '');

it('checks the chain, shows what a change breaks, and takes it back', async () => {
  await show(await chainOf(4));
  await vi.waitFor(() => expect(status()).toMatch(/^4 blocks checked/));
  expect(marks()).toEqual(Array(4).fill('✓ holds'));

  await type(root.querySelectorAll('textarea')[1]!, 'stolen');
  await vi.waitFor(() => expect(status()).toBe('The chain breaks at block 1: 2 blocks do not hold. 2 blocks rest on it and are worth nothing now.'));
  expect(marks()).toEqual(['✓ holds', '✗ does not hold', '✗ does not hold', '△ rests on a broken block']);

  const undo = [...root.querySelectorAll('button')].find((button) => button.textContent === 'Undo all changes')!;
  await act(() => undo.click());
  await vi.waitFor(() => expect(status()).toMatch(/^4 blocks checked/));
});

it('shows the line breaks of the data that is hashed', async () => {
  const result = await chainOf(1);
  await show({ ...result, result: { block: { index: 1, timestamp: '', data: 'a\nb', previous_hash: '', hash: '', nonce: 0 } } });
  expect(root.querySelector('textarea')!.value).toBe('a\nb');
});

it('teaches while there is no chain', async () => {
  await show(null);
  expect(root.textContent).toContain('No blocks yet');
  expect(root.querySelectorAll('button')).toHaveLength(0);
});

it('keeps what is typed as a nonce, and says what of it was not used', async () => {
  await show(await chainOf(2));
  await vi.waitFor(() => expect(status()).toMatch(/^2 blocks checked/));
  const nonce = (): HTMLInputElement => root.querySelectorAll<HTMLInputElement>('.block input[inputmode=numeric]')[1]!;
  const wrong = (): string => root.querySelector('.block-wrong')?.textContent ?? '';
  for (const text of ['-1', '1.5', '1e3', '', '9007199254740993', '99999999999999999999']) {
    await type(nonce(), text);
    expect(nonce().value).toBe(text);
    expect(wrong()).toBe(`nonce is "${text}": it must be a whole number from 0 to 9007199254740991; 7 was used instead.`);
    expect(nonce().getAttribute('aria-invalid')).toBe('true');
    expect(marks()).toEqual(['✓ holds', '✓ holds']);
  }
  await type(nonce(), '12');
  expect(wrong()).toBe('');
  await vi.waitFor(() => expect(marks()[1]).toBe('✗ does not hold'));
  await type(nonce(), '12x');
  expect(wrong()).toContain('12 was used instead');

  const undo = [...root.querySelectorAll('button')].find((button) => button.textContent === 'Undo')!;
  await act(() => undo.click());
  expect([nonce().value, wrong()]).toEqual(['7', '']);
});
