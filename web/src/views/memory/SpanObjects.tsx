/** One span, object by object: free, white, grey and black, each with its own shape and, where there is room, its letter. */
import { type ReadonlySignal, useComputed } from '@preact/signals';
import { useLayoutEffect, useState } from 'preact/hooks';
import type { HeapMap, HeapSpan } from '../../engine/heap-map';
import { useCanvas } from '../../ui/canvas';
import { count } from '../format';
import { drawObjects, objectsHeight } from './draw-objects';
import { spanSentence } from './sentences';

interface Props {
  heapSpan: ReadonlySignal<HeapSpan | null>;
  heapMap: ReadonlySignal<HeapMap | null>;
  chosen: ReadonlySignal<number>;
  live: boolean;
  onChoose: (page: number) => void;
}

function nothing(page: number, live: boolean): string {
  if (page < 0) return 'Choose a span in the map to see its objects.';
  return live ? 'This span was freed.' : 'The run has ended; this span was not looked at while it went on.';
}

export function SpanObjects({ heapSpan, heapMap, chosen, live, onChoose }: Props) {
  const [width, setWidth] = useState(320);
  const [letters, setLetters] = useState(false);
  const span = heapSpan.value;
  const page = chosen.value;
  const greys = useComputed(() => heapMap.value?.knowsScanned ?? true).value;
  const canvas = useCanvas((surface) => {
    setWidth(surface.width);
    if (span) drawObjects(surface, span.objects);
  });
  useLayoutEffect(() => canvas.redraw(), [canvas, span, width]);
  return (
    <section class="span-objects" aria-label="Objects of the chosen span">
      <div class="memory-head">
        <h3>{page < 0 ? 'Which objects are in a span?' : `Span at page ${count(page)}`}</h3>
        {span && <button type="button" aria-expanded={letters} onClick={() => setLetters(!letters)}>{letters ? 'Hide letters' : 'Show letters'}</button>}
        {page >= 0 && <button type="button" onClick={() => onChoose(-1)}>Close</button>}
      </div>
      <canvas ref={canvas.ref} class="span-canvas" hidden={!span} role="img" aria-label={span ? spanSentence(span, greys) : ''} style={{ height: `${span ? objectsHeight(width, span.objects.length) : 0}px` }} />
      {span ? (
        <>
          <p class="memory-sentence">{spanSentence(span, greys)}</p>
          <ul class="memory-legend">
            <li><i class="mark mark-black" /> b {greys ? 'black' : 'marked'}</li>
            {greys && <li><i class="mark mark-grey" /> g grey</li>}
            <li><i class="mark mark-white" /> w white</li>
            <li><i class="mark mark-free" /> · free</li>
          </ul>
          {letters && <pre class="span-letters" tabIndex={0} aria-label="Objects as letters">{span.objects}</pre>}
        </>
      ) : (
        <p class="muted">{nothing(page, live)}</p>
      )}
    </section>
  );
}
