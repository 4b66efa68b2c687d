/** A list of objects of the result as a table, such as what each P did. */
import { grouped } from '../format';
import type { Rows } from './fields';

const ROWS = 200;

export function RowsTable({ rows: { name, columns, rows } }: { rows: Rows }) {
  return (
    <div class="blocks-scroll" tabIndex={0} role="region" aria-label={name}>
      <table class="figures">
        <caption class="visually-hidden">{name}</caption>
        <thead>
          <tr>{columns.map((column) => <th key={column} scope="col">{column}</th>)}</tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS).map((cells, i) => (
            <tr key={i}>{cells.map((cell, j) => <td key={columns[j]}>{cell}</td>)}</tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS && <p class="muted">The first {ROWS} of {grouped(rows.length)} are shown; the downloaded result has all of them.</p>}
    </div>
  );
}
