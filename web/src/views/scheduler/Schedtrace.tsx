/** The lines that GODEBUG=schedtrace=100 would have written, as text to copy. */
import { CopyButton } from '../CopyButton';
import { plural } from '../format';
import './scheduler.css';

/** `text`: null while the run is on, or before the first. */
export function Schedtrace({ text }: { text: string | null }) {
  const lines = text?.split('\n').filter(Boolean) ?? [];
  return (
    <details class="schedtrace">
      <summary>schedtrace{lines.length > 0 ? `, ${plural(lines.length, 'line')}` : ''}</summary>
      {lines.length > 0 ? (
        <>
          <p class="muted">As GODEBUG=schedtrace=100 has Go write them: one line every 100 ms of the run.</p>
          <pre class="schedtrace-lines" tabIndex={0} aria-label="schedtrace lines">{lines.join('\n')}</pre>
          <CopyButton text={() => `${lines.join('\n')}\n`}>Copy lines</CopyButton>
        </>
      ) : (
        <p class="muted">
          {text === null ? 'The lines are told when the run has ended, one for every 100 ms of it.' : 'No lines: one is written every 100 ms, and this run was shorter than that.'}
        </p>
      )}
    </details>
  );
}
