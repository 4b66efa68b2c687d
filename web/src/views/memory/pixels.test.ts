import { expect, test } from 'vitest';
import { mixed, Pixels, word } from './pixels';

test('a colour is the word that its pixel is in memory', () => {
  const bytes = new Uint8Array(Uint32Array.of(word('#123456'), mixed('#ffffff', '#000000', 0.5)).buffer);
  expect([...bytes]).toEqual([0x12, 0x34, 0x56, 0xff, 128, 128, 128, 0xff]);
});

test('rectangles are cut at the edges, and never vanish', () => {
  const pixels = new Pixels(8, 4, 2);
  pixels.fill(-1, 0.5, 2, 1, 7);
  expect([pixels.at(0, 0), pixels.at(0, 1), pixels.at(1, 2), pixels.at(2, 1), pixels.at(0, 3)]).toEqual([0, 7, 7, 0, 0]);
  pixels.fill(3.9, 1.9, 5, 5, 9);
  expect(pixels.at(7, 3)).toBe(0);
  pixels.fill(3, 1, 0.1, 0.1, 9);
  expect([pixels.at(6, 2), pixels.at(7, 2)]).toEqual([9, 0]);
  pixels.fill(0, 0, 0, 3, 5);
  expect(pixels.at(0, 0)).toBe(0);
});

test('the next picture of the same size begins empty', () => {
  Pixels.of(4, 4, 1).fill(0, 0, 4, 4, 3);
  expect(Pixels.of(4, 4, 1).at(2, 2)).toBe(0);
});
