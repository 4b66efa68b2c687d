// @vitest-environment node
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Block, checkChain, firstFault, isLinked, leadingZeroBits, preimage, readBlocks, sha256, shellCommand } from './validate';

async function mine(index: number, previous_hash: string, data: string, difficulty: number): Promise<Block> {
  const block: Block = { index, timestamp: '2026-03-04T05:06:07.123456789Z', data, previous_hash, hash: '', nonce: 0 };
  for (; ; block.nonce++) {
    block.hash = await sha256(preimage(block));
    if (leadingZeroBits(block.hash) >= difficulty) return block;
  }
}

async function chain(): Promise<Block[]> {
  const genesis = await mine(0, '0', 'Genesis Block', 0);
  const blocks = [genesis];
  for (let i = 1; i <= 3; i++) blocks.push(await mine(i, blocks[i - 1]!.hash, `block ${i}`, 8));
  return blocks;
}

describe('a chain', () => {
  it('as mined, holds', async () => {
    const checks = await checkChain(await chain(), 8);
    expect(checks.flatMap((check) => check.faults)).toEqual([]);
    expect(firstFault(checks)).toBe(-1);
    expect(isLinked(await chain())).toBe(true);
  });

  it('with other data in a block, breaks there and at the link of the next', async () => {
    const blocks = await chain();
    blocks[1] = { ...blocks[1]!, data: 'tampered' };
    const checks = await checkChain(blocks, 8);
    expect(checks[0]!.faults).toEqual([]);
    expect(checks[1]!.faults).toContain('hash');
    expect(checks[1]!.faults).not.toContain('link');
    expect(checks[2]!.faults).toEqual(['link']);
    expect(checks[3]!.faults).toEqual([]);
    expect(firstFault(checks)).toBe(1);
  });

  it('says how many zero bits are missing', async () => {
    const blocks = await chain();
    const checks = await checkChain(blocks, 60);
    expect(checks[0]!.faults).toEqual([]);
    expect(checks[1]!.faults).toEqual(['difficulty']);
    expect(checks[1]!.reasons[0]).toMatch(/leading zero bits?; 60 are required/);
  });

  it('with a block missing, names the index and the link', async () => {
    const blocks = await chain();
    blocks.splice(2, 1);
    expect((await checkChain(blocks, 8))[2]!.faults).toEqual(['link', 'index']);
  });

  it('of separate branches, is not held to links', async () => {
    const [genesis] = await chain();
    const branches = [await mine(1, genesis!.hash, 'a', 8), await mine(1, genesis!.hash, 'b', 8)];
    expect(isLinked(branches)).toBe(false);
    expect(firstFault(await checkChain(branches, 8, false))).toBe(-1);
  });
});

describe('the hash', () => {
  it('is SHA-256 as NIST gives it', async () => {
    expect(await sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each([['00003af1', 18], ['ffff', 0], ['7fff', 1], ['0001', 15], ['0000', 16]])('%s has %d leading zero bits', (hash, bits) =>
    expect(leadingZeroBits(hash)).toBe(bits));
});

describe('the shell command', () => {
  it.each(['data', "it's 100 % \\n $HOME `x`", '', "'", 'two\nlines', '-n', 'Blöcke ✓'])('gives the same hash for the data %j', async (data) => {
    const block = await mine(1, 'ab'.repeat(32), data, 0);
    const answer = execFileSync('sh', ['-c', shellCommand(block)], { encoding: 'utf8' });
    expect(answer.split(' ')[0]).toBe(block.hash);
  });

  it('can be read', () => {
    const block = { index: 1, timestamp: '2026-01-02T03:04:05Z', data: "it's", previous_hash: 'ab', hash: '', nonce: 7 };
    expect(shellCommand(block)).toBe(`printf '%s\\n%s\\n%s\\n%s\\n%s' 1 '2026-01-02T03:04:05Z' 'it'\\''s' 'ab' 7 | sha256sum`);
  });
});

describe('readBlocks', () => {
  it('takes blocks and leaves what is not one', () => {
    const block = { index: 1, timestamp: 't', data: 'd', previous_hash: 'p', hash: 'h', nonce: 2, goroutine: 18 };
    expect(readBlocks([block, null, 4, { index: 1 }])).toEqual([{ index: 1, timestamp: 't', data: 'd', previous_hash: 'p', hash: 'h', nonce: 2 }]);
    expect(readBlocks(undefined)).toEqual([]);
  });
});
