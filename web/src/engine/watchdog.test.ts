import { expect, test } from 'vitest';
import { GRACE_MS, STALL_MS, Watchdog } from './watchdog';

function started(): Watchdog {
  const dog = new Watchdog();
  dog.reset(0);
  dog.look(1, 0);
  return dog;
}

test('a beating heart is fine for ever', () => {
  const dog = started();
  for (let t = 0; t < 60_000; t += 100) expect(dog.look(t, t)).toBe('fine');
});

test('three seconds without a beat ask for an end, half a second later the engine is dead', () => {
  const dog = started();
  expect(dog.look(1, STALL_MS - 1)).toBe('fine');
  expect(dog.look(1, STALL_MS)).toBe('cancel');
  expect(dog.look(1, STALL_MS + GRACE_MS - 1)).toBe('fine');
  expect(dog.look(1, STALL_MS + GRACE_MS)).toBe('dead');
});

test('a beat after the request counts as life', () => {
  const dog = started();
  dog.look(1, STALL_MS);
  expect(dog.look(2, STALL_MS + 100)).toBe('fine');
  expect(dog.look(2, STALL_MS + GRACE_MS + 100)).toBe('fine');
});

test('time spent hidden is not held against the engine', () => {
  const dog = started();
  dog.reset(100_000);
  expect(dog.look(1, 100_100)).toBe('fine');
});
