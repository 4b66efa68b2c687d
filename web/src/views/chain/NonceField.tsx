/** A block's nonce. What is typed stays as it is; what is no nonce is refused in words, and the block keeps the one it had. */
import { useState } from 'preact/hooks';
import { shortened } from '../../link/values';

interface Props {
  id: string;
  nonce: number;
  onChange: (nonce: number) => void;
}

/** The number that a text is hashed as; null: none. More digits than these a number of this page cannot hold exactly. */
export function readNonce(text: string): number | null {
  const nonce = Number(text);
  return /^\d{1,16}$/.test(text.trim()) && Number.isSafeInteger(nonce) ? nonce : null;
}

export function nonceRefusal(text: string, used: number): string {
  return `nonce is ${JSON.stringify(shortened(text))}: it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}; ${used} was used instead.`;
}

export function NonceField({ id, nonce, onChange }: Props) {
  // With the nonce that was used for it: when the block gets another, by whatever way, that one is shown.
  const [typed, setTyped] = useState<{ text: string; used: number } | null>(null);
  const text = typed?.used === nonce ? typed.text : String(nonce);
  const wrong = readNonce(text) === null;
  return (
    <>
      <input
        id={id} type="text" inputMode="numeric" autocomplete="off" spellcheck={false} value={text} aria-invalid={wrong || undefined}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onInput={(event) => {
          const written = event.currentTarget.value;
          const used = readNonce(written) ?? nonce;
          setTyped({ text: written, used });
          if (used !== nonce) onChange(used);
        }}
        onBlur={() => !wrong && setTyped(null)}
      />
      {wrong && <p id={`${id}-wrong`} class="block-wrong" role="alert">{nonceRefusal(text, nonce)}</p>}
    </>
  );
}
