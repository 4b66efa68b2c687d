/** Wheel, drag, pinch and keys of a timeline, told as changes of the window of time. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface TimelineActions {
  /** `x` in CSS pixels from the canvas's left edge, null: about the middle. */
  zoomBy: (factor: number, x: number | null) => void;
  panBy: (pixels: number) => void;
  whole: () => void;
  hover: (x: number, y: number) => void;
  leave: () => void;
  click: (x: number, y: number) => void;
  /** To another lane (`lanes`) or another slice of the lane (`slices`). */
  step: (lanes: number, slices: number) => void;
  unpin: () => void;
}

const CLICK_PX = 4;

export function useTimelineInput(ref: RefObject<HTMLCanvasElement | null>, actions: TimelineActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const end = new AbortController();
    const on = <K extends keyof HTMLElementEventMap>(type: K, handle: (event: HTMLElementEventMap[K]) => void): void =>
      canvas.addEventListener(type, handle, { signal: end.signal, passive: false });
    bindWheel(canvas, on, () => latest.current);
    bindPointers(canvas, on, () => latest.current);
    on('keydown', (event) => {
      if (!event.altKey && !event.metaKey && !event.ctrlKey && handleKey(event.key, canvas.clientWidth, latest.current)) event.preventDefault();
    });
    return () => end.abort();
  }, [ref]);
}

type On = <K extends keyof HTMLElementEventMap>(type: K, handle: (event: HTMLElementEventMap[K]) => void) => void;

function bindWheel(canvas: HTMLCanvasElement, on: On, actions: () => TimelineActions): void {
  on('wheel', (event) => {
    // Without ctrl or focus the wheel belongs to the page.
    if (!event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) actions().panBy((event.deltaX || event.deltaY) * lines);
    else actions().zoomBy(Math.exp(Math.max(-60, Math.min(60, event.deltaY * lines)) * (event.ctrlKey ? 0.01 : 0.004)), event.offsetX);
  });
}

function bindPointers(canvas: HTMLCanvasElement, on: On, actions: () => TimelineActions): void {
  const held = new Map<number, { x: number; y: number }>();
  let moved = 0;
  const middle = (): number => [...held.values()].reduce((sum, at) => sum + at.x, 0) / held.size;
  const spread = (): number => {
    const [a, b] = [...held.values()];
    return a && b ? Math.max(10, Math.abs(a.x - b.x)) : 0;
  };
  on('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (held.size === 1) moved = 0;
  });
  on('pointermove', (event) => {
    const at = held.get(event.pointerId);
    if (!at) return actions().hover(event.offsetX, event.offsetY);
    const [wasMiddle, wasSpread] = [middle(), spread()];
    moved += Math.abs(event.offsetX - at.x) + Math.abs(event.offsetY - at.y);
    held.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (moved < CLICK_PX) return;
    if (held.size === 2) actions().zoomBy(wasSpread / spread(), middle());
    actions().panBy(wasMiddle - middle());
  });
  const release = (event: PointerEvent): void => {
    const was = held.delete(event.pointerId);
    if (was && event.type === 'pointerup' && held.size === 0 && moved < CLICK_PX) actions().click(event.offsetX, event.offsetY);
  };
  on('pointerup', release);
  on('pointercancel', release);
  on('pointerleave', () => actions().leave());
}

/** Says whether the key meant something. */
function handleKey(key: string, width: number, actions: TimelineActions): boolean {
  switch (key) {
    case '+':
    case '=':
      actions.zoomBy(1 / 1.5, null);
      return true;
    case '-':
      actions.zoomBy(1.5, null);
      return true;
    case '0':
      actions.whole();
      return true;
    case 'ArrowLeft':
    case 'ArrowRight':
      actions.panBy((key === 'ArrowLeft' ? -1 : 1) * width * 0.1);
      return true;
    case 'ArrowUp':
    case 'ArrowDown':
      actions.step(key === 'ArrowUp' ? -1 : 1, 0);
      return true;
    case ',':
    case '.':
      actions.step(0, key === ',' ? -1 : 1);
      return true;
    case 'Escape':
      actions.unpin();
      return true;
    default:
      return false;
  }
}
