/** Sentences above the answer, and the one for screen readers. */
import { announcement, notices, type Notice } from './store';

const MOST = 8;
let last = 0;

export function notice(kind: Notice['kind'], text: string, source: Notice['source']): void {
  if (notices.value.some((n) => n.text === text)) return;
  notices.value = [...notices.value, { id: ++last, kind, text, source }].slice(-MOST);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((n) => n.id !== id);
}

export function clearNotices(source: Notice['source']): void {
  if (notices.value.some((n) => n.source === source)) notices.value = notices.value.filter((n) => n.source !== source);
}

export function announce(text: string): void {
  announcement.value = text;
}
