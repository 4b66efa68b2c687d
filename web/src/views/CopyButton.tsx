/** Puts a text on the clipboard and says so; where the browser refuses, shows the text to be copied by hand. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import './copy.css';

interface Props {
  /** Made when it is asked for. */
  text: () => string;
  children: ComponentChildren;
}

export function CopyButton({ text, children }: Props) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  useEffect(() => {
    if (state !== 'copied') return;
    const timer = setTimeout(() => setState('idle'), 2000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = (): void => {
    // Without a secure context there is no clipboard, whatever the types say.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (!clipboard) return setState('refused');
    clipboard.writeText(text()).then(() => setState('copied'), () => setState('refused'));
  };
  return (
    <span class="copy">
      <button type="button" onClick={copy}>{children}</button>
      <span role="status">{state === 'copied' ? ' Copied.' : ''}</span>
      {state === 'refused' && <textarea readOnly rows={3} aria-label="The browser refuses to copy; take the text from here" value={text()} onFocus={(event) => event.currentTarget.select()} />}
    </span>
  );
}
