/**
 * A canvas that is as large as its box, sharp on every screen, drawn when it has to be. `draw` is called in an animation frame after each
 * `redraw()`, unless the canvas is out of view and has been drawn before; after a resize, when the theme changes, and when it comes into view.
 */
import { effect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type MarkFills, markFills } from './canvas-marks';
import { type Palette, palette } from './theme';

export interface Surface {
  ctx: CanvasRenderingContext2D;
  /** In CSS pixels. */
  width: number;
  height: number;
  palette: Palette;
  fills: MarkFills;
}

export interface CanvasHandle {
  ref: RefObject<HTMLCanvasElement | null>;
  /** Whether it is in view, or nearly. */
  shown: boolean;
  redraw(): void;
}

export function useCanvas(draw: (surface: Surface) => void): CanvasHandle {
  const ref = useRef<HTMLCanvasElement>(null);
  const latest = useRef(draw);
  latest.current = draw;
  const handle = useRef<CanvasHandle>(null);
  handle.current ??= { ref, shown: true, redraw: () => undefined };

  useEffect(() => {
    const canvas = ref.current;
    const ctx = canvas?.getContext('2d');
    if (!canvas || !ctx) return;
    let frame = 0;
    let painted = false;
    const paint = (): void => {
      frame = 0;
      const ratio = window.devicePixelRatio || 1;
      const { clientWidth: width, clientHeight: height } = canvas;
      if (width === 0 || height === 0) return;
      const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== w || canvas.height !== h) {
        canvas.width = w;
        canvas.height = h;
      }
      painted = true;
      const colours = palette.peek();
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      ctx.clearRect(0, 0, width, height);
      latest.current({ ctx, width, height, palette: colours, fills: markFills(ctx, colours, ratio) });
    };
    const soon = (): void => {
      if (frame === 0) frame = requestAnimationFrame(paint);
    };
    handle.current!.redraw = () => {
      if (handle.current!.shown || !painted) soon();
    };
    const observer = new ResizeObserver(soon);
    observer.observe(canvas);
    const view = new IntersectionObserver((entries) => {
      handle.current!.shown = entries.at(-1)!.isIntersecting;
      if (handle.current!.shown) soon();
    }, { rootMargin: '100px' });
    view.observe(canvas);
    const stop = effect(() => {
      void palette.value;
      soon();
    });
    return () => {
      observer.disconnect();
      view.disconnect();
      stop();
      cancelAnimationFrame(frame);
    };
  }, []);

  return handle.current;
}
