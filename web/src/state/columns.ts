/**
 * Columns that grow at the end and are dropped from the front: a table of numbers kept as typed arrays, one a field,
 * because a run holds millions of rows and an object a row would cost twenty times as much.
 */

type Column = Float64Array | Uint32Array | Uint16Array | Uint8Array;
type ColumnType = 'f64' | 'u32' | 'u16' | 'u8';
type ColumnOf<T extends ColumnType> = T extends 'f64'
  ? Float64Array
  : T extends 'u32'
    ? Uint32Array
    : T extends 'u16'
      ? Uint16Array
      : Uint8Array;

export type Schema = Record<string, ColumnType>;

function allocate(type: ColumnType, length: number): Column {
  switch (type) {
    case 'f64':
      return new Float64Array(length);
    case 'u32':
      return new Uint32Array(length);
    case 'u16':
      return new Uint16Array(length);
    case 'u8':
      return new Uint8Array(length);
  }
}

export class Columns<S extends Schema> {
  /** The fields. Rows `from` to `to - 1` are valid; growing replaces the arrays, so do not keep one. */
  readonly at: { [K in keyof S]: ColumnOf<S[K]> };
  from = 0;
  to = 0;
  private capacity: number;
  private readonly types: [string, ColumnType][];

  constructor(schema: S, capacity = 256) {
    this.capacity = capacity;
    this.types = Object.entries(schema);
    const columns: Record<string, Column> = {};
    for (const [name, type] of this.types) columns[name] = allocate(type, capacity);
    this.at = columns as { [K in keyof S]: ColumnOf<S[K]> };
  }

  get length(): number {
    return this.to - this.from;
  }

  /** Makes room for one row and gives its index; the caller fills the fields. */
  push(): number {
    if (this.to === this.capacity) this.makeRoom();
    return this.to++;
  }

  /** Forgets the rows before `row`. */
  dropBefore(row: number): void {
    this.from = Math.max(this.from, Math.min(row, this.to));
  }

  /** The first row whose `field` is greater than `value`; that field must be in ascending order. */
  upperBound(field: keyof S, value: number): number {
    const column: Column = this.at[field];
    let low = this.from;
    let high = this.to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (column[middle]! > value) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private makeRoom(): void {
    const length = this.to - this.from;
    const grow = length > this.capacity / 2;
    const capacity = grow ? this.capacity * 2 : this.capacity;
    const columns = this.at as Record<string, Column>;
    for (const [name, type] of this.types) {
      const old = columns[name]!;
      if (grow) {
        const next = allocate(type, capacity);
        next.set(old.subarray(this.from, this.to));
        columns[name] = next;
      } else {
        old.copyWithin(0, this.from, this.to);
      }
    }
    this.capacity = capacity;
    this.from = 0;
    this.to = length;
  }
}
