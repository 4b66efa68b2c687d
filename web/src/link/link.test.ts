/** The link's promises. What an older page wrote must open for ever: GOLDEN only grows. */
import { describe, expect, test } from 'vitest';
import type { EngineDescription, ExperimentSpec, ParameterSpec, Parameters } from '../engine/types';
import { checksum } from './crc32';
import { LINK_VERSION, MAX_LINK_LENGTH, readLink, writeLink } from './link';

const parameter = (name: string, type: ParameterSpec['type'], value: ParameterSpec['default'], more: Partial<ParameterSpec> = {}): ParameterSpec => ({
  name, type, default: value, help: '', group: 'experiment', ...more,
});

const mine: ExperimentSpec = {
  name: 'mine', title: 'Mine', verb: 'Mine', group: 'chain', question: '', shows: '', charts: [],
  parameters: [
    parameter('blocks', 'integer', 4, { min: 1, max: 1000 }),
    parameter('data', 'text', 'block'),
    parameter('strategy', 'choice', 'partition', { choices: [{ value: 'partition', help: '' }, { value: 'locked', help: '' }] }),
    parameter('schedtrace', 'boolean', false),
    parameter('slice', 'duration', 10_000_000),
    parameter('seed', 'integer', 1),
    parameter('memory_limit', 'integer', 0),
  ],
};
const sieve: ExperimentSpec = { ...mine, name: 'prime-sieve', parameters: [parameter('limit', 'integer', 100)] };
const table: Pick<EngineDescription, 'experiments'> = { experiments: [mine, sieve] };

const link = (values: Parameters, spec = mine): string => writeLink(spec, { ...Object.fromEntries(spec.parameters.map((p) => [p.name, p.default])), ...values });
const withSum = (text: string): string => `#${text}&c=${checksum(text)}`;

const GOLDEN: readonly [hash: string, experiment: string, parameters: Parameters][] = [
  ['#v=1&x=mine&c=mysvwd', 'mine', {}],
  ['#v=1&x=mine&blocks=8', 'mine', { blocks: 8 }],
  ['#v=1&x=prime-sieve&limit=500', 'prime-sieve', { limit: 500 }],
  ['#v=1&x=mine&data=a%20b%26c%3D1&slice=1.5ms&schedtrace=true', 'mine', { data: 'a b&c=1', slice: 1_500_000, schedtrace: true }],
];

/** A small generator, so that a failing case can be made again from its seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const LETTERS = ['a', 'Z', '0', ' ', '&', '=', '%', '#', '+', '"', '<', 'ü', '𝛼', '\n', '~', '.', '_', '-', "'", '(', ')', '*', '!', '%25', '&c=', '\u0000'];

function randomValues(next: () => number): Parameters {
  const text = Array.from({ length: Math.floor(next() * 20) }, () => LETTERS[Math.floor(next() * LETTERS.length)]!).join('');
  const all: Parameters = {
    blocks: Math.floor(next() * 1000), data: text, strategy: next() < 0.5 ? 'locked' : 'partition', schedtrace: next() < 0.5,
    slice: Math.floor(next() * 1e10), seed: Math.floor(next() * 2 ** 53),
  };
  return Object.fromEntries(Object.entries(all).filter(() => next() < 0.6));
}

describe('writing', () => {
  test('version first, then the experiment, then what differs from the defaults in the order of the table, then the checksum', () => {
    expect(link({ seed: 7, blocks: 8, data: 'block' })).toMatch(/^#v=1&x=mine&blocks=8&seed=7&c=[0-9a-z]{6}$/);
  });

  test('the same values give the same text in whatever order they were set', () => {
    expect(writeLink(mine, { seed: 3, blocks: 9 })).toBe(writeLink(mine, { blocks: 9, seed: 3 }));
  });

  test('only letters that every program leaves alone are used, and the last is a letter or digit', () => {
    const next = random(11);
    for (let i = 0; i < 300; i++) expect(link(randomValues(next))).toMatch(/^#[A-Za-z0-9\-_.~=&%]*[A-Za-z0-9]$/);
  });

  test('a lone surrogate in a text does not stop it', () => expect(() => link({ data: '\ud800' })).not.toThrow());
});

describe('reading', () => {
  test.each(GOLDEN)('%s opens', (hash, experiment, parameters) => {
    expect(readLink(hash, table)).toEqual({ experiment, parameters, notices: [], present: true });
  });

  test('random experiments come back as they were', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const values = randomValues(random(seed));
      const expected = Object.fromEntries(Object.entries(values).filter(([name, v]) => mine.parameters.find((p) => p.name === name)?.default !== v));
      expect(readLink(link(values), table), `seed ${seed}`).toEqual({ experiment: 'mine', parameters: expected, notices: [], present: true });
    }
  });

  test('no hash is no link', () => {
    for (const hash of ['', '#']) expect(readLink(hash, table)).toEqual({ experiment: 'mine', parameters: {}, notices: [], present: false });
  });

  test('encoded once, twice or three times too often, it still opens without a word', () => {
    let hash = link({ blocks: 8, data: 'a b%20&c=ü' }).slice(1);
    for (let times = 1; times <= 3; times++) {
      hash = encodeURIComponent(hash);
      expect(readLink('#' + hash, table), `${times} times`).toMatchObject({ parameters: { blocks: 8, data: 'a b%20&c=ü' }, notices: [] });
    }
  });

  test('only the per cent signs encoded again: the checksum tells which reading was meant', () => {
    const hash = link({ data: 'a b' }).replaceAll('%', '%25');
    expect(readLink(hash, table)).toMatchObject({ parameters: { data: 'a b' }, notices: [] });
  });

  test('a text that looks encoded is not decoded twice', () => {
    expect(readLink(link({ data: '100%25' }), table).parameters).toEqual({ data: '100%25' });
  });

  test('what chat programs glue to the end is not part of it', () => {
    for (const glue of ['.', ')', '>', '".', '’,']) expect(readLink(link({ blocks: 8 }) + glue, table).notices, glue).toEqual([]);
  });
});

describe('faults are named, and the good parts kept', () => {
  const one = (hash: string): string => {
    const { notices } = readLink(hash, table);
    expect(notices).toHaveLength(1);
    return notices[0]!;
  };

  test('a wrong checksum is a warning', () => {
    expect(one('#v=1&x=mine&blocks=8&c=aaaaaa')).toContain('checksum');
    expect(readLink('#v=1&x=mine&blocks=8&c=aaaaaa', table).parameters).toEqual({ blocks: 8 });
  });

  test('unknown parameters are left out and listed', () => {
    expect(one('#v=1&x=mine&gogc=50&blocks=8&nope=1')).toBe('“gogc”, “nope” in the link are no parameters of mine; left out.');
  });

  test('an unknown experiment gives the default one', () => {
    expect(one('#v=1&x=frobnicate')).toBe('There is no experiment “frobnicate” here; the form holds “mine”.');
    expect(readLink('#v=1&x=frobnicate', table).experiment).toBe('mine');
  });

  test('names with hyphens and with underscores are the same', () => {
    const read = readLink('#v=1&x=prime_sieve&limit=7', table);
    expect([read.experiment, read.parameters, read.notices]).toEqual(['prime-sieve', { limit: 7 }, []]);
    for (const name of ['memory-limit', 'memory_limit']) {
      const { experiment, parameters, notices } = readLink(`#v=1&x=mine&${name}=10`, table);
      expect([parameters, notices]).toEqual([{ memory_limit: 10 }, []]);
      expect(writeLink(table.experiments.find((e) => e.name === experiment)!, parameters)).toMatch(/^#v=1&x=mine&memory_limit=10&c=/);
    }
    expect(one('#v=1&x=mine&memory-limit=10&memory_limit=20')).toBe('The link says “memory_limit” twice; the first counts.');
    expect(readLink('#v=1&x=mine&memory-limit=10&memory_limit=20', table).parameters).toEqual({ memory_limit: 10 });
  });

  test('no experiment at all is said too', () => expect(one('#v=1&blocks=8')).toContain('names no experiment'));

  test('a newer version is said, and read as far as it goes', () => {
    const hash = withSum(`v=${LINK_VERSION + 1}&x=mine&blocks=8`);
    expect(one(hash)).toContain('newer version');
    expect(readLink(hash, table).parameters).toEqual({ blocks: 8 });
  });

  test('a version that is no number is said', () => expect(one('#v=zwei&x=mine')).toContain('“zwei”'));

  test('a parameter said twice counts once', () => {
    expect(one('#v=1&x=mine&blocks=8&blocks=9')).toContain('twice');
    expect(readLink('#v=1&x=mine&blocks=8&blocks=9', table).parameters).toEqual({ blocks: 8 });
  });

  test('a piece that cannot be decoded is left out', () => expect(one('#v=1&x=mine&data=%E0%A4')).toContain('cannot be read'));

  test('values of the wrong type are handed on as text, for the engine to judge', () => {
    for (const bad of ['NaN', '1e99', '', '1.5', 'x'.repeat(100)]) expect(readLink(`#v=1&x=mine&blocks=${bad}`, table).parameters).toEqual({ blocks: bad });
    expect(readLink('#v=1&x=mine&blocks=-1', table).parameters).toEqual({ blocks: -1 });
  });

  test('cut at any place it gives an answer, and never one that is silently wrong in its last letters', () => {
    const whole = link({ blocks: 812, data: 'a b ü', seed: 12345 });
    for (let length = 0; length < whole.length; length++) {
      const read = readLink(whole.slice(0, length), table);
      expect(table.experiments.map((e) => e.name)).toContain(read.experiment);
      if (whole.slice(0, length).includes('&c=')) expect(read.notices, `cut at ${length}`).not.toEqual([]);
    }
  });
});

describe('hostile input', () => {
  test('names of Object.prototype are unknown parameters like any other', () => {
    const { parameters, notices } = readLink('#v=1&x=mine&__proto__=1&constructor=2&toString=3&hasOwnProperty=4', table);
    expect(Object.keys(parameters)).toEqual([]);
    expect(Object.getPrototypeOf(parameters)).toBe(Object.prototype);
    expect(notices).toHaveLength(1);
    expect(readLink('#v=1&x=__proto__', table).experiment).toBe('mine');
  });

  test('a megabyte is refused at once', () => {
    const before = performance.now();
    const { notices, parameters } = readLink('#v=1&x=mine&data=' + 'a'.repeat(1 << 20), table);
    expect(parameters).toEqual({});
    expect(notices[0]).toContain(`at most ${MAX_LINK_LENGTH}`);
    expect(performance.now() - before).toBeLessThan(50);
  });

  test('thousands of broken pieces give one short notice', () => {
    const { notices } = readLink('#v=1&x=mine' + '&%'.repeat(5000) + '&a=1'.repeat(3000), table);
    expect(notices).toHaveLength(3);
    expect(notices.every((text) => text.length < 300)).toBe(true);
  });

  test('thousands of keys give a short notice', () => {
    const { notices } = readLink('#' + Array.from({ length: 6000 }, (_, i) => `k${i}=`).join('&').slice(0, MAX_LINK_LENGTH - 1), table);
    expect(notices.every((text) => text.length < 300)).toBe(true);
  });

  test('random noise never throws', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const next = random(seed);
      const noise = Array.from({ length: 60 }, () => LETTERS[Math.floor(next() * LETTERS.length)]!).join('');
      expect(() => readLink('#' + noise, table), `seed ${seed}`).not.toThrow();
      expect(() => readLink(`#v=1&x=mine&${noise}`, table), `seed ${seed}`).not.toThrow();
    }
  });

  test('an empty table gives an empty answer', () => expect(readLink('#v=1&x=mine', { experiments: [] }).experiment).toBe(''));
});
