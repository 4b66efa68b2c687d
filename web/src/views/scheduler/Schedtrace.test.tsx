// @vitest-environment happy-dom
import { render } from 'preact';
import { expect, test } from 'vitest';
import { Schedtrace } from './Schedtrace';

function shown(text: string | null): string {
  const place = document.createElement('div');
  render(<Schedtrace text={text} />, place);
  return place.textContent ?? '';
}

test('lines are counted and shown; none is explained', () => {
  expect(shown('SCHED 0ms: gomaxprocs=2\nSCHED 100ms: gomaxprocs=2\n')).toMatch(/^schedtrace, 2 lines.*SCHED 0ms: gomaxprocs=2\nSCHED 100ms/s);
  expect(shown('')).toContain('this run was shorter than that');
  expect(shown(null)).toContain('when the run has ended');
});
