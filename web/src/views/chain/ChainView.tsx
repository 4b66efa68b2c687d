/** The blocks of the last mining run, checked in the page: change one, and see which no longer hold. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { RunResult } from '../../engine/types';
import { plural } from '../format';
import { BlockCard } from './BlockCard';
import { type Block, type BlockCheck, checkChain, firstFault, isLinked, readBlock, readBlocks } from './validate';
import './chain.css';

export interface ChainViewProps {
  result: RunResult | null;
}

/** A chain may hold a thousand blocks; so many are shown at a time. */
const PAGE = 24;

export function ChainView({ result }: ChainViewProps) {
  const original = useMemo(() => blocksOf(result), [result]);
  const [edits, setEdits] = useState<ReadonlyMap<number, Block>>(new Map());
  const [shown, setShown] = useState(PAGE);
  const [checks, setChecks] = useState<BlockCheck[] | null>(null);
  const [refused, setRefused] = useState(false);
  const [undone, setUndone] = useState(0);
  const linked = isLinked(original);
  const difficulty = Number(result?.parameters['difficulty'] ?? 0);
  const blocks = useMemo(() => original.map((block, i) => edits.get(i) ?? block), [original, edits]);

  useEffect(() => {
    setEdits(new Map());
    setChecks(null);
    setShown(PAGE);
  }, [original]);
  useEffect(() => {
    let stale = false;
    checkChain(blocks, difficulty, linked).then(
      (found) => !stale && setChecks(found),
      () => !stale && setRefused(true),
    );
    return () => {
      stale = true;
    };
  }, [blocks, difficulty, linked]);

  if (original.length === 0) return <Empty result={result} />;
  const edit = (i: number, change: Partial<Block> | null): void => {
    const next = new Map(edits);
    const block = change && { ...blocks[i]!, ...change };
    const same = block && block.data === original[i]!.data && block.nonce === original[i]!.nonce;
    if (!block || same) next.delete(i);
    else next.set(i, block);
    setEdits(next);
  };
  const undoAll = (): void => {
    setEdits(new Map());
    setUndone(undone + 1);
  };
  return (
    <section class="chain" aria-label="Chain">
      <div class="chain-head">
        <p role="status" class={checks && firstFault(checks) >= 0 ? 'chain-broken' : undefined}>
          {refused ? 'This browser gives no SHA-256 here: the page must be served from https or localhost to check the blocks.' : verdict(blocks, checks, difficulty, linked)}
        </p>
        {edits.size > 0 && <button type="button" onClick={undoAll}>Undo all changes</button>}
      </div>
      <ol class="chain-blocks">
        {blocks.slice(0, shown).map((block, i) => (
          <BlockCard
            key={`${result?.run ?? 0} ${undone} ${i}`} block={block} check={checks?.[i] ?? null} edited={edits.has(i)} difficulty={difficulty} linked={linked && i > 0}
            after={!!checks && firstFault(checks) >= 0 && i > firstFault(checks)} onEdit={(change) => edit(i, change)}
          />
        ))}
      </ol>
      {shown < blocks.length && (
        <button type="button" onClick={() => setShown(shown + PAGE)}>Show {Math.min(PAGE, blocks.length - shown)} more of {plural(blocks.length, 'block')}</button>
      )}
      <p class="muted chain-foot">
        A block’s hash is SHA-256 over its index, timestamp, data, previous hash and nonce, one to a line. It is computed here by the browser, not by the engine
        {linked ? '.' : '. These blocks are branches from the same parent, so no links are checked between them.'}
      </p>
    </section>
  );
}

/** The genesis, if the result has one apart, goes before the blocks it is the parent of. */
function blocksOf(result: RunResult | null): Block[] {
  if (!result) return [];
  const blocks = readBlocks(result.result['blocks']);
  const single = blocks.length === 0 ? readBlock(result.result['block']) : null;
  const found = single ? [single] : [...blocks].sort((a, b) => a.index - b.index);
  const genesis = readBlock(result.result['genesis']);
  return genesis && found[0] && found[0].index > genesis.index ? [genesis, ...found] : found;
}

function verdict(blocks: readonly Block[], checks: readonly BlockCheck[] | null, difficulty: number, linked: boolean): string {
  if (!checks || checks.length !== blocks.length) return `Checking ${plural(blocks.length, 'block')} …`;
  const first = firstFault(checks);
  if (first < 0) {
    return `${plural(blocks.length, 'block')} checked: each hash is right${linked ? ', each names the one before it' : ''}, each mined one begins with at least ${difficulty} zero bits.`;
  }
  const broken = checks.filter((check) => check.faults.length > 0).length;
  const rest = blocks.length - first - 1;
  const resting = linked && rest > 0 ? ` ${plural(rest, 'block rests', 'blocks rest')} on it and ${rest === 1 ? 'is' : 'are'} worth nothing now.` : '';
  return `The chain breaks at block ${blocks[first]!.index}: ${plural(broken, 'block does', 'blocks do')} not hold.${resting}`;
}

function Empty({ result }: { result: RunResult | null }) {
  return (
    <section class="chain-empty" aria-label="Chain">
      <h3>No blocks yet</h3>
      <p>
        {result ? `The last run, ${result.experiment}, mined no blocks. ` : ''}
        Run “mine” in the lab, and its blocks stand here as a chain. Each names the hash of the one before it, and each hash must begin with so many zero bits that it took
        thousands of tries to find.
      </p>
      <p>Then change a word in one block, and see why all that follow it no longer count.</p>
    </section>
  );
}
