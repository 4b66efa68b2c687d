/** The lines that GODEBUG=gctrace=1 would have written, as text to copy. */
import type { ReadonlySignal } from '@preact/signals';
import { CopyButton } from '../CopyButton';
import { plural } from '../format';

interface Props {
  text: ReadonlySignal<string>;
  level: ReadonlySignal<1 | 2>;
  live: boolean;
  onLevel: (level: 1 | 2) => void;
}

/** More lines than this are not put on the page; the button copies all. */
const SHOWN = 400;

export function Gctrace({ text, level, live, onLevel }: Props) {
  const lines = text.value.split('\n').filter(Boolean);
  const collections = lines.filter((line) => line.startsWith('gc ')).length;
  // The engine keeps the last thousand.
  const kept = /^gc 1 /m.test(text.value) ? '' : 'the last ';
  const shown = lines.slice(-SHOWN);
  return (
    <section class="gctrace" aria-label="gctrace">
      <div class="memory-head">
        <h3>gctrace{collections > 0 ? `, ${kept}${plural(collections, 'collection')}` : ''}</h3>
        <span class="looks" role="group" aria-label="Level of gctrace">
          {([1, 2] as const).map((n) => <button key={n} type="button" aria-pressed={level.value === n} onClick={() => onLevel(n)}>Level {n}</button>)}
        </span>
        {lines.length > 0 && <CopyButton text={() => `${lines.join('\n')}\n`}>Copy lines</CopyButton>}
      </div>
      {lines.length === 0 ? (
        <p class="muted">{live ? 'A line is written when a collection has ended.' : 'No lines: no collection ended in this run.'}</p>
      ) : (
        <>
          <p class="muted">
            As GODEBUG=gctrace={level.value} has Go write them: pauses and marking by the clock, time of the processors by kind, the heap before, after, and what of it lives.
            {level.value === 2 && ' Below each what was scanned, by size class: objects one by one, sparse and dense, and spans.'}
            {lines.length > SHOWN && ` The last ${SHOWN} of ${lines.length} lines are shown; Copy takes all.`}
          </p>
          <pre class="gctrace-lines" tabIndex={0} aria-label="gctrace lines">{shown.join('\n')}</pre>
        </>
      )}
    </section>
  );
}
