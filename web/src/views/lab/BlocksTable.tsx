/** The blocks that a run found, one line each. The Chain tab has all of them. */
import { grouped } from '../format';
import type { FoundBlock } from './fields';

const ROWS = 200;

export function BlocksTable({ name, blocks }: { name: string; blocks: readonly FoundBlock[] }) {
  const shown = blocks.slice(0, ROWS);
  return (
    <div class="blocks-scroll" tabIndex={0} role="region" aria-label={name}>
      <table class="figures">
        <caption class="visually-hidden">{name}</caption>
        <thead>
          <tr>
            <th scope="col">block</th>
            <th scope="col" class="words">hash begins</th>
            <th scope="col">nonce</th>
            <th scope="col" class="words">found by</th>
            <th scope="col" class="words">on</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((block) => (
            <tr key={block.index}>
              <td>{block.index}</td>
              <td class="words"><b class="hash-zeros">{block.zeros}</b>{block.head}…</td>
              <td>{grouped(block.nonce)}</td>
              <td class="words">{block.found_by === undefined ? '–' : `g${block.found_by}`}</td>
              <td class="words">{block.p === undefined ? '–' : `P${block.p}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {blocks.length > ROWS && <p class="muted">The first {ROWS} of {grouped(blocks.length)} are shown; the downloaded result has all of them.</p>}
    </div>
  );
}
