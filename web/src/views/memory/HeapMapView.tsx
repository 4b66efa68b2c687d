/** Every span of the heap on its pages: what it holds, and how far the marker has come with it. */
import type { ReadonlySignal } from '@preact/signals';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type HeapMap, spanAt } from '../../engine/heap-map';
import { CLASS_GROUPS } from '../../engine/size-classes';
import { useCanvas } from '../../ui/canvas';
import { drawHeapMap, type MapLook } from './draw-heap-map';
import { mapLayout, pageAt, step, type MapLayout } from './heap-map-layout';
import { HeapMapTable } from './HeapMapTable';
import { mapSentence, pageSentence } from './sentences';

interface Props {
  heapMap: ReadonlySignal<HeapMap | null>;
  chosen: ReadonlySignal<number>;
  live: boolean;
  onChoose: (page: number) => void;
}

const HELP = 'Arrow keys move from span to span, Enter looks into one; a click does both.';

export function HeapMapView({ heapMap, chosen, live, onChoose }: Props) {
  const [look, setLook] = useState<MapLook>('class');
  const [cursor, setCursor] = useState(-1);
  // The key after may come before this is drawn again, and goes on from here.
  const here = useRef(-1);
  const [table, setTable] = useState(false);
  const [width, setWidth] = useState(600);
  const layout = useRef<MapLayout>(mapLayout(600, 0));
  const map = heapMap.value;
  layout.current = mapLayout(width, map?.grown ?? 0);
  const canvas = useCanvas((surface) => {
    setWidth(surface.width);
    if (map) drawHeapMap(surface, { map, layout: mapLayout(surface.width, map.grown), look, cursor, chosen: chosen.value });
  });
  useLayoutEffect(() => canvas.redraw(), [canvas, map, look, cursor, chosen.value, width]);

  const moveTo = (page: number): void => {
    here.current = page;
    setCursor(page);
  };
  const choose = (page: number): void => {
    const span = map ? spanAt(map, page) : -1;
    onChoose(span < 0 ? -1 : map!.firstPage[span]!);
  };
  const at = (event: MouseEvent): number => pageAt(layout.current, event.offsetX, event.offsetY);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!map || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' || event.key === ' ') choose(Math.max(0, here.current));
    else if (/^Arrow|^Home$|^End$/.test(event.key)) moveTo(step(map, layout.current, here.current, event.key));
    else return;
    event.preventDefault();
  };
  return (
    <section class="heap-map" aria-label="Heap map">
      <div class="memory-head">
        <h3>What lies where on the heap?</h3>
        <Looks look={look} onLook={setLook} />
        <button type="button" aria-expanded={table} disabled={!map} onClick={() => setTable(!table)}>{table ? 'Hide table' : 'Show table'}</button>
      </div>
      <MapLegend look={look} knowsScanned={map?.knowsScanned ?? true} />
      <canvas
        ref={canvas.ref} class="heap-map-canvas" hidden={!map} tabIndex={0} role="application" aria-roledescription="heap map" style={{ height: `${layout.current.height + 2}px` }}
        aria-label={`Heap map. ${map ? mapSentence(map) : 'No map yet.'} ${HELP}`}
        onPointerMove={(event) => moveTo(at(event))} onPointerLeave={() => moveTo(-1)} onKeyDown={onKeyDown}
        onClick={(event) => {
          moveTo(at(event));
          choose(at(event));
        }}
      />
      <p class="memory-sentence" aria-live="polite">
        {map ? (pageSentence(map, cursor) || <span class="muted">{mapSentence(map)} {live ? '' : 'As it was last seen. '}{HELP}</span>) : <span class="muted">{live ? 'The map comes with the first sample of the run.' : 'The run was over before its heap could be looked at.'}</span>}
      </p>
      {table && map && <HeapMapTable map={map} />}
    </section>
  );
}

function Looks({ look, onLook }: { look: MapLook; onLook: (look: MapLook) => void }) {
  return (
    <span class="looks" role="group" aria-label="Colour by">
      <button type="button" aria-pressed={look === 'class'} onClick={() => onLook('class')}>Size class</button>
      <button type="button" aria-pressed={look === 'marking'} onClick={() => onLook('marking')}>Marking</button>
    </span>
  );
}

/** The classic marker keeps no bits of what it has scanned: there is no grey to be told from black, and no queue of spans. */
function MapLegend({ look, knowsScanned }: { look: MapLook; knowsScanned: boolean }) {
  if (look === 'class') {
    return (
      <ul class="memory-legend">
        {CLASS_GROUPS.map(({ label }, i) => <li key={label}><i class={`swatch swatch-${i + 1}`} /> {label}</li>)}
        <li class="muted">a cell is a page of 8 KiB, filled as far as it is allocated</li>
      </ul>
    );
  }
  return (
    <ul class="memory-legend">
      <li><i class="mark mark-black" /> {knowsScanned ? 'black: marked and scanned' : 'marked: whether scanned, too, is not kept'}</li>
      {knowsScanned && <li><i class="mark mark-grey" /> grey: marked, not scanned</li>}
      <li><i class="mark mark-white" /> white: allocated, not marked</li>
      <li><i class="mark mark-free" /> free</li>
      {knowsScanned && <li><i class="mark mark-queued" /> waits in a queue</li>}
    </ul>
  );
}
