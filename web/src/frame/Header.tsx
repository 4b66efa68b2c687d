import { computed } from '@preact/signals';
import { showTab } from '../state/actions';
import { engineKind, helpOpen, tab, TABS } from '../state/store';
import { cycleTheme, themeChoice } from '../ui/theme';
import { copied, copyLink } from './copy';

/** What this is, in one sentence, and true of the engine that runs. */
export const tagline = computed(() =>
  engineKind.value === 'single'
    ? 'A goroutine scheduler and a garbage collector with Go’s rules, running in this tab, here on simulated threads.'
    : 'A goroutine scheduler and a garbage collector with Go’s rules, on real threads, running in this tab.',
);

export function Header() {
  return (
    <header class="head">
      <h1 class="brand">Samovar</h1>
      <nav class="tabs" aria-label="Views">
        {TABS.map(({ id, label }) => (
          <button key={id} type="button" class="tab" aria-current={tab.value === id ? 'page' : undefined} onClick={() => showTab(id)}>
            {label}
          </button>
        ))}
      </nav>
      <p class="tagline">{tagline}</p>
      <div class="tools">
        <button type="button" class="tool" onClick={cycleTheme} aria-label={`Theme: ${themeChoice.value}. Change it.`}>
          <span class="wide-only">theme </span>
          <span class="tool-value">{themeChoice}</span>
        </button>
        <button type="button" class="tool" onClick={() => void copyLink()} aria-label="Copy link">
          <span class="tool-link">
            {copied.value || (
              <>
                <span class="wide-only">copy </span>link
              </>
            )}
          </span>
        </button>
        <button type="button" class="tool tool-square" onClick={() => (helpOpen.value = true)} aria-label="Help and keyboard shortcuts">
          ?
        </button>
      </div>
    </header>
  );
}
