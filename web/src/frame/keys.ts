/** The keyboard map. Single keys are left alone while one types. */
import { cancel, run, showTab } from '../state/actions';
import { busy, helpOpen, TABS } from '../state/store';
import { cycleTheme } from '../ui/theme';
import { copyLink } from './copy';

export const KEYS: readonly { keys: string; does: string }[] = [
  { keys: 'Ctrl Enter', does: 'run the experiment' },
  { keys: 'Esc', does: 'cancel the run' },
  { keys: `1 … ${TABS.length}`, does: TABS.map(({ label }) => label).join(', ') },
  { keys: 'C', does: 'copy the link' },
  { keys: 'T', does: 'change the theme' },
  { keys: '?', does: 'show or hide this help' },
  { keys: '↑ ↓', does: 'in a number: one more, one less; with Shift ten' },
];

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    void run();
    return;
  }
  // An open dialog takes Escape for itself.
  if (event.key === 'Escape' && busy.value && !document.querySelector('dialog[open]')) return cancel();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const chosen = TABS[Number(event.key) - 1];
  if (chosen) showTab(chosen.id);
  else if (event.key === '?') helpOpen.value = !helpOpen.value;
  else if (event.key === 't' || event.key === 'T') cycleTheme();
  else if (event.key === 'c' || event.key === 'C') void copyLink();
}
