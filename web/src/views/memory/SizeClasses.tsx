/** Which sizes of objects there were, over time: a heat map with a row a size class. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SizeColumn, SizeHistory } from '../../state/size-history';
import { useCanvas } from '../../ui/canvas';
import { takeTurns } from '../../ui/rota';
import { count, plural } from '../format';
import { className } from './HeapMapTable';
import { classesShown, drawSizes, sizesHeight } from './draw-sizes';
import './memory.css';

interface Props {
  sizes: SizeHistory;
  live: boolean;
  /** A run has ended. */
  over: boolean;
  verb: string;
}

export function sizesSentence(columns: readonly SizeColumn[]): string {
  const latest = columns[columns.length - 1];
  if (!latest) return '';
  const classes = classesShown(columns);
  const most = classes.reduce((best, one) => (latest.objects[one]! > latest.objects[best]! ? one : best), classes[0] ?? 1);
  const all = latest.objects.reduce((sum, n) => sum + n, 0);
  const [now, shades] = ['at the last sample', 'Darker is more, on a logarithmic scale.'];
  if (all === 0) return `No object ${now}. ${shades}`;
  const size = (one: number): string => (one === 0 ? 'more than 32 KiB' : className(one));
  if (classes.length === 1) return `${plural(all, 'object')} of ${size(most)} ${now}. ${shades}`;
  return `${plural(all, 'object')} of ${plural(classes.length, 'size class', 'size classes')} ${now}; the most, ${count(latest.objects[most])}, are of ${size(most)}. ${shades}`;
}

export function SizeClasses({ sizes, live, over, verb }: Props) {
  const [version, setVersion] = useState(sizes.version);
  const [table, setTable] = useState(false);
  const { columns } = sizes;
  const now = useRef({ live, bare: true, seen: version });
  Object.assign(now.current, { live, bare: columns.length === 0 });
  const classes = classesShown(columns);
  const endNs = columns[columns.length - 1]?.timeNs ?? 0;
  const canvas = useCanvas((surface) => drawSizes(surface, columns, classes, endNs));
  useEffect(() => takeTurns({
    // While it has nothing to draw the canvas is not laid out, so it is not in view either.
    due: (rested) => rested && (canvas.shown || now.current.bare || !now.current.live) && now.current.seen !== sizes.version,
    draw: () => setVersion((now.current.seen = sizes.version)),
  }), [sizes, canvas]);
  useLayoutEffect(() => canvas.redraw(), [canvas, version]);
  const none = live ? 'The first figures are on their way.' : over ? 'The run was over before its heap could be looked at.' : `Press ${verb} to see which sizes of objects live on the heap.`;
  return (
    <figure class="chart">
      <div class="chart-head">
        <h3>Which sizes of objects were there?</h3>
        {columns.length > 0 && <button type="button" aria-expanded={table} onClick={() => setTable(!table)}>{table ? 'Hide table' : 'Show table'}</button>}
      </div>
      {columns.length === 0 && <p class="chart-empty">{none}</p>}
      <canvas ref={canvas.ref} hidden={columns.length === 0} class="sizes-canvas" role="img" aria-label={`Objects by size class. ${sizesSentence(columns)}`} style={{ height: `${sizesHeight(classes.length)}px` }} />
      <figcaption>{sizesSentence(columns)}</figcaption>
      {table && <SizesTable columns={columns} classes={classes} />}
    </figure>
  );
}

function SizesTable({ columns, classes }: { columns: readonly SizeColumn[]; classes: readonly number[] }) {
  const latest = columns[columns.length - 1];
  return (
    <div class="memory-scroll" tabIndex={0} role="region" aria-label="Objects by size class: table">
      <table class="figures">
        <thead>
          <tr><th scope="col">objects of</th><th scope="col">now</th><th scope="col">at most</th></tr>
        </thead>
        <tbody>
          {classes.map((one) => (
            <tr key={one}>
              <td>{className(one)}</td>
              <td>{count(latest?.objects[one])}</td>
              <td>{count(columns.reduce((most, { objects }) => Math.max(most, objects[one]!), 0))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
