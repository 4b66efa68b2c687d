/** Whether a canvas is in view: what nobody sees is not drawn. When it comes into view it is drawn at once. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { CanvasHandle } from '../../ui/canvas';

export function useShown(canvas: CanvasHandle): RefObject<boolean> {
  const shown = useRef<boolean>(true);
  useEffect(() => {
    if (!canvas.ref.current || typeof IntersectionObserver === 'undefined') return;
    const observer = new IntersectionObserver((entries) => {
      shown.current = entries.at(-1)?.isIntersecting ?? true;
      if (shown.current) canvas.redraw();
    }, { rootMargin: '100px' });
    observer.observe(canvas.ref.current);
    return () => observer.disconnect();
  }, [canvas]);
  return shown;
}
