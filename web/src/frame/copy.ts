/** Copies the link of what the form holds. */
import { signal } from '@preact/signals';
import { currentLink } from '../state/actions';
import { announce } from '../state/notices';

/** What the last copy came to, shown on the button for two seconds. */
export const copied = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

/** For browsers and pages that may not use the clipboard's own interface. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  const ok = document.execCommand('copy');
  area.remove();
  return ok;
}

async function put(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

export async function copyLink(): Promise<void> {
  const link = new URL(currentLink(), location.href).href;
  const ok = await put(link);
  copied.value = ok ? 'copied' : 'not copied';
  announce(ok ? `Link copied, ${link.length} characters.` : 'The browser did not allow copying. The link is in the address bar.');
  clearTimeout(timer);
  timer = setTimeout(() => (copied.value = ''), 2000);
}
