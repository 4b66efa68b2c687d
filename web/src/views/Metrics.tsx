/** What both lists of metrics are made of: the field that searches them, and their table. */
import type { MetricText } from './lab/fields';

interface SearchProps {
  /** A word that finds something. */
  example: string;
  words: string;
  onWords: (words: string) => void;
}

export function MetricSearch({ example, words, onWords }: SearchProps) {
  return <input type="search" aria-label="Search metrics" placeholder={`Search, e.g. ${example}`} value={words} onInput={(event) => onWords(event.currentTarget.value)} />;
}

export interface MetricRow extends MetricText {
  help?: string;
}

/** A name may be broken after a slash, and nowhere else if there is room. */
function parts(name: string) {
  return name.split('/').slice(1).map((part) => <>/<wbr />{part}</>);
}

export function MetricTable({ head, rows }: { head: string; rows: readonly MetricRow[] }) {
  return (
    <table class="figures metrics-table">
      <thead>
        <tr><th scope="col" class="words">{head}</th><th scope="col">value</th></tr>
      </thead>
      <tbody>
        {rows.map(({ name, unit, value, help }) => (
          <tr key={`${name}:${unit}`}>
            <td class="words metric-name">
              {parts(name)}<span class="muted">:{unit}</span>
              {help !== undefined && <span class="metric-help">{help}</span>}
            </td>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
