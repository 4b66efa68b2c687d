/**
 * How many objects of each size class there were over a run, from samples of the heap map: about three hundred columns whatever the
 * length of the run. When they are full every other one is dropped, and from then on samples are taken half as often.
 */
import type { HeapMap } from '../engine/heap-map';
import { SIZE_CLASSES } from '../engine/size-classes';

const MAX_COLUMNS = 300;

export interface SizeColumn {
  timeNs: number;
  /** Objects allocated, by size class; class 0 are the large ones. */
  objects: Float64Array;
}

/** Objects of each class that a map holds. */
export function objectsByClass(map: HeapMap): Float64Array {
  const objects = new Float64Array(SIZE_CLASSES);
  for (let i = 0; i < map.spans; i++) objects[map.sizeClass[i]!]! += map.allocated[i]!;
  return objects;
}

export class SizeHistory {
  /** Goes up with every change. */
  version = 0;
  columns: SizeColumn[] = [];
  private gapNs = 0;

  push(timeNs: number, map: HeapMap): void {
    const column = { timeNs, objects: objectsByClass(map) };
    const before = this.columns[this.columns.length - 2];
    const last = this.columns[this.columns.length - 1];
    // The newest column shows the newest sample; it is replaced until it is far enough from the one before it.
    if (last && (last.timeNs >= timeNs || (before && last.timeNs - before.timeNs < this.gapNs))) this.columns[this.columns.length - 1] = column;
    else this.columns.push(column);
    if (this.columns.length > MAX_COLUMNS) {
      this.columns = this.columns.filter((_, i) => i % 2 === 0);
      this.gapNs = Math.max(this.gapNs * 2, timeNs / this.columns.length);
    }
    this.version++;
  }

  clear(): void {
    this.columns = [];
    this.gapNs = 0;
    this.version++;
  }
}
