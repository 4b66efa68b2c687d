import { expect, test } from 'vitest';
import { checksum, crc32 } from './crc32';

test('CRC-32 gives the check value of the standard', () => {
  // The check value of CRC-32/ISO-HDLC in Greg Cook's catalogue of parametrised CRCs.
  expect(crc32('123456789')).toBe(0xcbf43926);
  expect(crc32('')).toBe(0);
});

test('a checksum is six letters and digits, whatever it is of', () => {
  for (let i = 0; i < 500; i++) expect(checksum(`text ${i} ü`)).toMatch(/^[0-9a-z]{6}$/);
});
