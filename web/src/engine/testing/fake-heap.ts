/** The heap of the stand-in module: four spans, of which one waits to be scanned and one is a large object. For tests only. */
const MIB = 2 ** 20;

export const FAKE_GCTRACE = 'gc 1 @0.100s 2%: 0.01+0.5+0.02 ms clock, 0.02+0/0.4/0.1+0.04 ms cpu, 3->4->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P\n';

/** The three lines of the heap when `share` of the run is over. */
export function fakeHeapLines(share: number, gogc: number, limitMib: number): number[][] {
  const cycles = Math.floor(share * 10);
  const live = Math.floor((3 + ((share * 10) % 1) * 3) * MIB);
  return [
    [share * 10 - cycles > 0.8 ? 2 : 1, cycles, live, gogc < 0 ? Infinity : 6 * MIB, 5 * MIB, 8 * MIB, limitMib > 0 ? limitMib * MIB : Infinity, 3 * MIB],
    [Math.floor(share * 60 * MIB), Math.floor(share * 1e6), Math.floor(share * 57 * MIB), Math.floor(share * 9e5), gogc, 64 * MIB, live, 16 * MIB],
    [cycles * 1e5, cycles * 4e6, cycles * 1e6, cycles * 5e4, 0, 0, 0, 0],
  ];
}

/** Header and records of a map: pages, then class and flags, then counts. */
export function heapRecords(header: number[], spans: { page: number; pages: number; sizeClass: number; flags?: number; room: number; allocated: number; marked: number; scanned: number }[]): Uint32Array {
  const words = [...header];
  for (const { page, pages, sizeClass, flags = 0, room, allocated, marked, scanned } of spans) {
    words.push(page, pages + sizeClass * 2 ** 16 + flags * 2 ** 24, room + allocated * 2 ** 16, marked + scanned * 2 ** 16);
  }
  return Uint32Array.from(words);
}

export function fakeHeapRecords(): Uint32Array {
  return heapRecords([64, 512, 3, 2], [
    { page: 0, pages: 1, sizeClass: 4, room: 256, allocated: 200, marked: 100, scanned: 40 },
    { page: 2, pages: 1, sizeClass: 38, flags: 4, room: 4, allocated: 3, marked: 2, scanned: 1 },
    { page: 3, pages: 2, sizeClass: 35, flags: 3, room: 12, allocated: 12, marked: 12, scanned: 12 },
    { page: 10, pages: 20, sizeClass: 0, room: 1, allocated: 1, marked: 0, scanned: 0 },
  ]);
}

export function fakeHeapSpan(page: number): string {
  if (page !== 2) return '';
  return JSON.stringify({ first_page: 2, pages: 1, size_class: 38, object_bytes: 2048, references: true, swept: true, queued: true, objects: 'bgw.' });
}
