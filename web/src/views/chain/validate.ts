/**
 * Checks a chain in the page, with the browser's own SHA-256 and nothing of the engine's, so that what the engine claims
 * can be held against a second implementation. The same rules as in the engine: a block's hash is SHA-256 over
 * `index\ntimestamp\ndata\nprevious_hash\nnonce`; it must begin with `difficulty` zero bits; it must name the hash of the block before
 * it; indexes count up by one. The first block, the genesis, need not have been mined.
 */

export interface Block {
  index: number;
  timestamp: string;
  data: string;
  previous_hash: string;
  hash: string;
  nonce: number;
}

export type Fault = 'hash' | 'link' | 'difficulty' | 'index';

export interface BlockCheck {
  /** SHA-256 of the block as it stands. */
  computed: string;
  /** Leading zero bits of `computed`. */
  zeroBits: number;
  faults: Fault[];
  /** One sentence for each fault. */
  reasons: string[];
}

/** The text that is hashed. */
export function preimage(block: Block): string {
  return [block.index, block.timestamp, block.data, block.previous_hash, block.nonce].join('\n');
}

export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function leadingZeroBits(hash: string): number {
  let bits = 0;
  for (const digit of hash) {
    const value = parseInt(digit, 16);
    if (value === 0) bits += 4;
    else return bits + Math.clz32(value) - 28;
  }
  return bits;
}

/** Whether the block is the chain's first, which is not mined and follows no other. */
export function isGenesis(block: Block): boolean {
  return block.index === 0;
}

/** Checks each block against itself and against the one before it. With `linked` false (blocks of separate branches) links are not looked at. */
export async function checkChain(blocks: readonly Block[], difficulty: number, linked = true): Promise<BlockCheck[]> {
  const computed = await Promise.all(blocks.map((block) => sha256(preimage(block))));
  return blocks.map((block, i) => {
    const before = i > 0 ? { block: blocks[i - 1]!, hash: computed[i - 1]! } : null;
    return checkBlock(block, computed[i]!, linked ? before : null, difficulty);
  });
}

function checkBlock(block: Block, computed: string, before: { block: Block; hash: string } | null, difficulty: number): BlockCheck {
  const faults: Fault[] = [];
  const reasons: string[] = [];
  const zeroBits = leadingZeroBits(computed);
  if (computed !== block.hash) {
    faults.push('hash');
    reasons.push(`Its contents hash to ${short(computed)}, but the block says ${short(block.hash)}.`);
  }
  if (!isGenesis(block) && zeroBits < difficulty) {
    faults.push('difficulty');
    reasons.push(`Its contents hash to only ${zeroBits} leading zero ${zeroBits === 1 ? 'bit' : 'bits'}; ${difficulty} are required.`);
  }
  if (before && block.previous_hash !== before.hash) {
    faults.push('link');
    reasons.push(`It follows ${short(block.previous_hash)}, but block ${before.block.index} now hashes to ${short(before.hash)}.`);
  }
  if (before && block.index !== before.block.index + 1) {
    faults.push('index');
    reasons.push(`Its index is ${block.index}, but it follows block ${before.block.index}.`);
  }
  return { computed, zeroBits, faults, reasons: reasons.map((reason) => reason.replace('….', '…')) };
}

function short(hash: string): string {
  return hash.length > 12 ? `${hash.slice(0, 8)}…` : hash;
}

/** The number of the first block that no longer holds, -1: none. All after it rest on it. */
export function firstFault(checks: readonly BlockCheck[]): number {
  return checks.findIndex((check) => check.faults.length > 0);
}

/** Whether the blocks follow one another; those of `independent` miners share one parent instead. */
export function isLinked(blocks: readonly Block[]): boolean {
  return blocks.every((block, i) => i === 0 || block.previous_hash === blocks[i - 1]!.hash);
}

/** A command that recomputes the block's hash in any POSIX shell. */
export function shellCommand(block: Block): string {
  const words = [String(block.index), block.timestamp, block.data, block.previous_hash, String(block.nonce)];
  return `printf '%s\\n%s\\n%s\\n%s\\n%s' ${words.map(quote).join(' ')} | sha256sum`;
}

/** Bare where the shell reads it as it stands, in single quotes otherwise; a single quote inside closes, escapes and opens again. */
function quote(word: string): string {
  return /^[0-9]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Reads the blocks of a run's result; anything that is not a list of blocks gives none. */
export function readBlocks(value: unknown): Block[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    const block = readBlock(entry);
    return block ? [block] : [];
  });
}

export function readBlock(value: unknown): Block | null {
  if (typeof value !== 'object' || value === null) return null;
  const { index, timestamp, data, previous_hash, hash, nonce } = value as Record<string, unknown>;
  if (typeof index !== 'number' || typeof nonce !== 'number') return null;
  if (typeof timestamp !== 'string' || typeof data !== 'string' || typeof previous_hash !== 'string' || typeof hash !== 'string') return null;
  return { index, timestamp, data, previous_hash, hash, nonce };
}
