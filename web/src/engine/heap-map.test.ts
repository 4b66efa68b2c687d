import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { countObjects, decodeHeapMap, parseHeapSpan, scannedOf, SPAN, spanAt } from './heap-map';
import { CLASS_BYTES, CLASS_GROUPS, GROUP_OF } from './size-classes';
import { fakeHeapRecords, heapRecords } from './testing/fake-heap';

describe('a heap map', () => {
  const map = decodeHeapMap(fakeHeapRecords());

  test('is read record by record into columns', () => {
    expect([map.grown, map.most, map.cycle, map.phase, map.spans]).toEqual([64, 512, 3, 2, 4]);
    expect([...map.firstPage]).toEqual([0, 2, 3, 10]);
    expect([...map.pages]).toEqual([1, 1, 2, 20]);
    expect([...map.sizeClass]).toEqual([4, 38, 35, 0]);
    expect([...map.flags]).toEqual([0, SPAN.queued, SPAN.noRefs | SPAN.unswept, 0]);
    expect([...map.room]).toEqual([256, 4, 12, 1]);
    expect([...map.allocated]).toEqual([200, 3, 12, 1]);
    expect([...map.marked]).toEqual([100, 2, 12, 0]);
    expect([...map.scanned]).toEqual([40, 1, 12, 0]);
    expect(map.knowsScanned).toBe(true);
  });

  test('finds the span of a page, and none where the page is free', () => {
    expect([0, 1, 2, 3, 4, 5, 9, 10, 29, 30].map((page) => spanAt(map, page))).toEqual([0, -1, 1, 2, 2, -1, -1, 3, 3, -1]);
  });

  test('of a marker that keeps no scan bits takes what is marked for scanned', () => {
    const classic = decodeHeapMap(heapRecords([4, 4, 1, 2], [{ page: 0, pages: 1, sizeClass: 4, room: 256, allocated: 9, marked: 5, scanned: 65535 }]));
    expect(classic.knowsScanned).toBe(false);
    expect(scannedOf(classic, 0)).toBe(5);
  });

  test('with a span of 65535 pages or more reaches to the next span, the last to the end of the arena', () => {
    const one = { sizeClass: 0, room: 1, allocated: 1, marked: 0, scanned: 0, pages: 65535 };
    expect([...decodeHeapMap(heapRecords([200_000, 200_000, 1, 1], [{ page: 0, ...one }, { page: 90_000, ...one }])).pages]).toEqual([90_000, 110_000]);
  });

  test('without a record is a heap without spans', () => expect(decodeHeapMap(Uint32Array.of(8, 8, 0, 1)).spans).toBe(0));
});

test('the letters of a span are counted', () => {
  expect(countObjects('bbgw..w')).toEqual({ free: 2, white: 2, grey: 1, black: 2 });
  expect(parseHeapSpan('')).toBeNull();
});

describe('size classes', () => {
  test('are those of the core', () => {
    const source = readFileSync(new URL('../../../core/heap/size_classes.h', import.meta.url), 'utf8');
    const list = /kClassBytes = \{([^}]*)\}/.exec(source)![1]!;
    expect(CLASS_BYTES).toEqual(list.split(',').map(Number));
  });

  test('fall into groups by the size of their objects', () => {
    expect([1, 2, 3, 67, 0].map((sizeClass) => CLASS_GROUPS[GROUP_OF[sizeClass]!]!.label)).toEqual(['up to 16 B', 'up to 16 B', 'to 64 B', 'to 32 KiB', 'one large object']);
  });
});
