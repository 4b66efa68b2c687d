/** Hands a file to the browser, made when it is asked for. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface Props {
  name: string;
  /** null: there is nothing any more to make it of. */
  file: () => Blob | Promise<Blob | null>;
  children: ComponentChildren;
}

const KEEP_MS = 60_000;

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Browsers read it after the click, and none says when it is done.
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}

export function DownloadButton({ name, file, children }: Props) {
  const [state, setState] = useState<'' | 'making' | 'gone'>('');
  const download = async (): Promise<void> => {
    setState('making');
    const made = await file();
    if (made) save(made, name);
    setState(made ? '' : 'gone');
  };
  return (
    <span class="copy">
      <button type="button" disabled={state === 'making'} onClick={() => void download()}>{children}</button>
      <span role="status">{state === 'making' ? ' Writing…' : state === 'gone' ? ' Another run began; nothing was written.' : ''}</span>
    </span>
  );
}
