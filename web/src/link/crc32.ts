/** CRC-32 (IEEE 802.3, reflected, as zlib has it) of a string's UTF-8 bytes. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c >>> 0;
});

export function crc32(text: string): number {
  let c = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) c = (c >>> 8) ^ TABLE[(c ^ byte) & 0xff]!;
  return (c ^ 0xffffffff) >>> 0;
}

/** Six letters and digits: 36^6 is half of 2^32, so a damaged text slips through once in two thousand million. */
export function checksum(text: string): string {
  return (crc32(text) % 36 ** 6).toString(36).padStart(6, '0');
}
