import { expect, test } from 'vitest';
import { Address, type AddressBar } from './address';

class Bar implements AddressBar {
  entries: { hash: string; state: unknown }[];
  constructor(hash: string, state: unknown = null) {
    this.entries = [{ hash, state }];
  }
  hash = () => this.entries.at(-1)!.hash;
  state = () => this.entries.at(-1)!.state;
  replace = (hash: string, state: unknown) => void (this.entries[this.entries.length - 1] = { hash, state });
  push = (hash: string, state: unknown) => void this.entries.push({ hash, state });
  hashes = () => this.entries.map((e) => e.hash);
}

test('editing changes the address and adds no entry', () => {
  const bar = new Bar('#a');
  const address = new Address(bar);
  address.edit('#b');
  address.edit('#c');
  expect(bar.hashes()).toEqual(['#c']);
});

test('a run adds an entry, and Back leads to the link before the edits', () => {
  const bar = new Bar('#a');
  const address = new Address(bar);
  address.edit('#b');
  address.commit('#b');
  expect(bar.hashes()).toEqual(['#a', '#b']);
});

test('Back from the first run leads to the bare address it began with', () => {
  const bar = new Bar('');
  const address = new Address(bar);
  address.edit('#b');
  address.commit('#b');
  expect(bar.hashes()).toEqual(['', '#b']);
});

test('the same run twice is one entry', () => {
  const bar = new Bar('#a');
  const address = new Address(bar);
  address.commit('#b');
  address.commit('#b');
  address.edit('#c');
  address.edit('#b');
  address.commit('#b');
  expect(bar.hashes()).toEqual(['#a', '#b']);
});

test('what others keep beside the address survives edits and runs', () => {
  const bar = new Bar('#a', { other: 1 });
  const address = new Address(bar);
  address.edit('#b');
  address.commit('#b');
  expect(bar.state()).toEqual({ other: 1 });
});
