/** Views are loaded when they are first shown: the frame and the form are there before Chart.js is. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A component made of one that is loaded on demand. A failure is said where the view would stand. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [failed, setFailed] = useState('');
    const [, redraw] = useState(0);
    useEffect(() => {
      if (loaded) return;
      load().then(
        (component) => {
          loaded = component;
          redraw((n) => n + 1);
        },
        (error: unknown) => setFailed(error instanceof Error ? error.message : String(error)),
      );
    }, []);
    const View = loaded;
    if (View) return <View {...props} />;
    return failed ? (
      <p class="notice notice-error">This part of the page could not be loaded ({failed}). Reload the page.</p>
    ) : (
      <div class="loading" aria-busy="true" />
    );
  };
}
