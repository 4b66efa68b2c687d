import { expect, it } from 'vitest';
import type { SizeColumn } from '../../state/size-history';
import { sizesSentence } from './SizeClasses';

const plain = (text: string): string => text.replaceAll('\u202f', ' ');

function column(counts: Record<number, number>): SizeColumn {
  const objects = new Array<number>(68).fill(0);
  for (const [sizeClass, n] of Object.entries(counts)) objects[Number(sizeClass)] = n;
  return { timeNs: 1e6, objects } as unknown as SizeColumn;
}

it.each([
  [{ 2: 3 }, '3 objects of 16 B at the last sample.'],
  [{ 0: 61 }, '61 objects of more than 32 KiB at the last sample.'],
  [{ 2: 1, 5: 9 }, '10 objects of 2 size classes at the last sample; the most, 9, are of 48 B.'],
  [{}, 'No object at the last sample.'],
])('objects by size %j are told in one sentence', (counts, sentence) => {
  expect(plain(sizesSentence([column(counts)]))).toBe(`${sentence} Darker is more, on a logarithmic scale.`);
});
