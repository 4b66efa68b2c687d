/**
 * What is kept through a reload, for this tab of the browser: the view that is shown. In the session's storage, not in the history entry's
 * state: Chromium writes that down a moment later, and a reload that comes sooner loses it.
 */
const VIEW_KEY = 'samovar-view';

export function keepView(id: string): void {
  try {
    sessionStorage.setItem(VIEW_KEY, id);
  } catch {
    // storage may be forbidden; the view is then not kept
  }
}

/** What keepView() was told last, or null. */
export function keptView(): string | null {
  try {
    return sessionStorage.getItem(VIEW_KEY);
  } catch {
    return null;
  }
}
