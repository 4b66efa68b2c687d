import { dismiss } from '../state/notices';
import { engine, engineSentence, notices } from '../state/store';

const SIGN = { info: 'i', warn: '!', error: '×' } as const;
const WORD = { info: 'Note', warn: 'Warning', error: 'Error' } as const;

export function Notices() {
  return (
    <>
      {engine.value === 'lost' && (
        <div class="notice notice-error" role="alert">
          <b class="notice-sign" aria-hidden="true">
            ×
          </b>
          <p>
            <span class="visually-hidden">Error: </span>
            {engineSentence}
          </p>
          <button type="button" class="button" onClick={() => location.reload()}>
            Reload
          </button>
        </div>
      )}
      {notices.value.map(({ id, kind, text }) => (
        <div key={id} class={`notice notice-${kind}`} role={kind === 'error' ? 'alert' : undefined}>
          <b class="notice-sign" aria-hidden="true">
            {SIGN[kind]}
          </b>
          <p>
            <span class="visually-hidden">{WORD[kind]}: </span>
            {text}
          </p>
          <button type="button" class="notice-close" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </>
  );
}
