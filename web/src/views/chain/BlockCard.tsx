/** One block: its fields, of which data and nonce can be tampered with, its hash with the zero bits made visible, and what is wrong. */
import { useState } from 'preact/hooks';
import { TextLines } from '../../ui/TextLines';
import { CopyButton } from '../CopyButton';
import { grouped } from '../format';
import { NonceField } from './NonceField';
import { type Block, type BlockCheck, isGenesis, shellCommand } from './validate';

interface Props {
  block: Block;
  check: BlockCheck | null;
  edited: boolean;
  difficulty: number;
  /** Whether it follows the block before it. */
  linked: boolean;
  /** Whether the chain is broken somewhere before it. */
  after: boolean;
  /** null: undo. */
  onEdit: (change: Partial<Block> | null) => void;
}

export function BlockCard({ block, check, edited, difficulty, linked, after, onEdit }: Props) {
  // What was typed and refused goes with the changes that are undone.
  const [undone, setUndone] = useState(0);
  const undo = (): void => {
    setUndone(undone + 1);
    onEdit(null);
  };
  const broken = !!check && check.faults.length > 0;
  const id = `block-${block.index}-${block.previous_hash.slice(0, 6)}-${block.timestamp}`;
  const mark = !check ? 'checking' : broken ? '✗ does not hold' : after ? '△ rests on a broken block' : '✓ holds';
  return (
    <li class={`block${broken ? ' block-broken' : ''}${linked ? ' block-linked' : ''}${linked && check?.faults.includes('link') ? ' block-unlinked' : ''}`}>
      <header>
        <h3>Block {block.index}{isGenesis(block) ? ', genesis' : ''}</h3>
        <span class="block-mark">{mark}</span>
      </header>
      <dl>
        <dt>follows</dt>
        <dd class="hash">{block.previous_hash}</dd>
        <dt>time</dt>
        <dd>{block.timestamp}</dd>
        <dt><label for={`${id}-data`}>data</label></dt>
        <dd>
          <TextLines id={`${id}-data`} value={block.data} onInput={(event) => onEdit({ data: event.currentTarget.value })} />
        </dd>
        <dt><label for={`${id}-nonce`}>nonce</label></dt>
        <dd>
          <NonceField key={undone} id={`${id}-nonce`} nonce={block.nonce} onChange={(nonce) => onEdit({ nonce })} />
        </dd>
        <dt>hash</dt>
        <dd><Hash hash={block.hash} /></dd>
        {check?.faults.includes('hash') && (
          <>
            <dt>now</dt>
            <dd><Hash hash={check.computed} /></dd>
          </>
        )}
      </dl>
      {check && !isGenesis(block) && <ZeroBits bits={check.zeroBits} difficulty={difficulty} />}
      {broken && <ul class="block-reasons">{check.reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>}
      <footer>
        <CopyButton text={() => shellCommand(block)}>Copy sha256sum command</CopyButton>
        {edited && <button type="button" onClick={undo}>Undo</button>}
      </footer>
    </li>
  );
}

/** The zeros at the front stand out from the rest. */
function Hash({ hash }: { hash: string }) {
  const zeros = /^0*/.exec(hash)![0];
  return <span class="hash"><b>{zeros}</b>{hash.slice(zeros.length)}</span>;
}

/** A cell a bit: filled for a leading zero that was asked for, hollow for one that is missing. */
function ZeroBits({ bits, difficulty }: { bits: number; difficulty: number }) {
  const cells = Math.max(bits, difficulty);
  const words = `${grouped(bits)} leading zero ${bits === 1 ? 'bit' : 'bits'} of ${grouped(difficulty)} asked for`;
  return (
    <div class="zero-bits">
      <span class="zero-cells" aria-hidden="true">
        {Array.from({ length: Math.min(cells, 64) }, (_, i) => <i key={i} class={i >= difficulty ? 'zero-extra' : i < bits ? 'zero-met' : 'zero-missing'} />)}
      </span>
      <span>{words}</span>
    </div>
  );
}
