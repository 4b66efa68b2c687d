// Counts tests in the output of ctest, vitest or Playwright:  node count-tests.mjs ctest|vitest|playwright LOG
// Prints three numbers: passed failed skipped. What the tools print for people is all it reads.
import { readFileSync } from 'node:fs';

// One ctest entry is one GoogleTest executable. An entry that failed without a failed test (a crash, a timeout,
// a sanitizer's report at the end) counts as one failure; one that is no GoogleTest program as one test.
function countCtest(log) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const entry of log.split(/^\d+\/\d+ Testing: /m).slice(1)) {
    const lines = (pattern) => (entry.match(pattern) ?? []).length;
    const passed = lines(/\[ {7}OK \] .*\(\d+ ms\)/g);
    const skipped = lines(/\[ {2}SKIPPED \] .*\(\d+ ms\)/g);
    const failed = lines(/\[ {2}FAILED {2}\] .*\(\d+ ms\)/g);
    const ok = /^Test (Passed|Pass Reason)/m.test(entry);
    const isGoogleTest = entry.includes('[==========]');
    total.passed += passed + (ok && !isGoogleTest ? 1 : 0);
    total.skipped += skipped;
    total.failed += failed + (!ok && failed === 0 ? 1 : 0);
  }
  return total;
}

// vitest's line "      Tests  1 failed | 12 passed | 2 skipped (15)".
function countVitest(log) {
  const line = log.match(/^\s*Tests\s+.*$/gm)?.at(-1) ?? '';
  return numbersBefore(line, { passed: ['passed'], failed: ['failed'], skipped: ['skipped', 'todo'] });
}

// Playwright's closing lines "  1 failed", "  12 passed (3.4s)", "  2 skipped", "  1 flaky", "  3 did not run".
function countPlaywright(log) {
  const lines = log.match(/^\s*\d+ (passed|failed|flaky|skipped|interrupted|did not run)\b.*$/gm) ?? [];
  return numbersBefore(lines.join('\n'), {
    passed: ['passed', 'flaky'],
    failed: ['failed', 'interrupted', 'did not run'],
    skipped: ['skipped'],
  });
}

function numbersBefore(text, words) {
  const sum = (list) =>
    list
      .flatMap((word) => [...text.matchAll(new RegExp(`(\\d+) ${word}`, 'g'))])
      .reduce((total, match) => total + Number(match[1]), 0);
  return { passed: sum(words.passed), failed: sum(words.failed), skipped: sum(words.skipped) };
}

const counters = { ctest: countCtest, vitest: countVitest, playwright: countPlaywright };
const [kind, file] = process.argv.slice(2);
const counter = counters[kind];
if (counter === undefined || file === undefined) {
  console.error('usage: node count-tests.mjs ctest|vitest|playwright LOG');
  process.exit(2);
}
// eslint-disable-next-line no-control-regex -- colours are control characters
const plain = readFileSync(file, 'utf8').replace(/\x1b\[[0-9;]*m/g, '');
const { passed, failed, skipped } = counter(plain);
console.log(`${passed} ${failed} ${skipped}`);
