/** The heap map summed up by size class: for screen readers, and for reading off figures. */
import { type HeapMap, scannedOf } from '../../engine/heap-map';
import { CLASS_BYTES, SIZE_CLASSES } from '../../engine/size-classes';
import { bytes, count, percent } from '../format';

interface ClassRow {
  sizeClass: number;
  spans: number;
  pages: number;
  room: number;
  allocated: number;
  marked: number;
  scanned: number;
}

/** The classes that have spans, small objects first, large ones last. */
function rowsByClass(map: HeapMap): ClassRow[] {
  const rows = Array.from({ length: SIZE_CLASSES }, (_, sizeClass): ClassRow => ({ sizeClass, spans: 0, pages: 0, room: 0, allocated: 0, marked: 0, scanned: 0 }));
  for (let i = 0; i < map.spans; i++) {
    const row = rows[map.sizeClass[i]!];
    if (!row) continue;
    row.spans++;
    row.pages += map.pages[i]!;
    row.room += map.room[i]!;
    row.allocated += map.allocated[i]!;
    row.marked += map.marked[i]!;
    row.scanned += scannedOf(map, i);
  }
  return [...rows.slice(1), rows[0]!].filter(({ spans }) => spans > 0);
}

export function className(sizeClass: number): string {
  return sizeClass === 0 ? 'large' : bytes(CLASS_BYTES[sizeClass]);
}

export function HeapMapTable({ map }: { map: HeapMap }) {
  return (
    <div class="memory-scroll" tabIndex={0} role="region" aria-label="Spans by size class">
      <table class="figures">
        <thead>
          <tr>{['objects of', 'spans', 'pages', 'room for', 'allocated', 'full', 'marked', 'scanned'].map((name) => <th key={name} scope="col">{name}</th>)}</tr>
        </thead>
        <tbody>
          {rowsByClass(map).map((row) => (
            <tr key={row.sizeClass}>
              <td>{className(row.sizeClass)}</td>
              <td>{count(row.spans)}</td>
              <td>{count(row.pages)}</td>
              <td>{count(row.room)}</td>
              <td>{count(row.allocated)}</td>
              <td>{percent(row.room > 0 ? row.allocated / row.room : 0)}</td>
              <td>{count(row.marked)}</td>
              <td>{map.knowsScanned ? count(row.scanned) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
