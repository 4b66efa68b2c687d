/**
 * A text field that shows a text as it is. An <input> leaves line breaks out of what it shows, so that a text which has some (from
 * a link) would be another than the one that is read; this one is as high as its text has lines, up to six.
 */
import type { TextareaHTMLAttributes } from 'preact';

const MOST_ROWS = 6;

type Props = Omit<TextareaHTMLAttributes, 'class' | 'value'> & { class?: string; value: string };

export function TextLines({ class: name = '', ...rest }: Props) {
  const rows = Math.min(MOST_ROWS, rest.value.split('\n').length);
  return <textarea {...rest} class={`text-lines ${name}`} rows={rows} autocomplete="off" spellcheck={false} />;
}
