import { useEffect, useRef } from 'preact/hooks';
import { description, engineKind, engineThreads, helpOpen } from '../state/store';
import { KEYS } from './keys';

const MARKS: readonly [name: string, says: string][] = [
  ['running', 'running'],
  ['runnable', 'runnable: waits for a P'],
  ['waiting', 'waiting: parked on a channel, a lock, a timer'],
  ['syscall', 'in a blocking call'],
  ['gc', 'work of the garbage collector'],
  ['assist', 'a goroutine helps the collector before it may allocate more'],
  ['stw', 'the world is stopped'],
];

function Engine() {
  const about = description.value;
  if (!about) return null;
  const kind =
    engineKind.value === 'threads'
      ? `with ${engineThreads.value} real threads in this tab`
      : 'without threads: this page is not isolated, or the browser has no shared memory. Threads are simulated';
  return (
    <p class="muted">
      Engine {about.version}, {kind}. Everything runs in this tab; nothing is sent anywhere.
    </p>
  );
}

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="help-title" onClose={() => (helpOpen.value = false)}>
      <h2 id="help-title">Samovar</h2>
      <p>
        A goroutine scheduler (G, M, P) and a garbage collector (Green Tea) with Go’s rules, compiled to WebAssembly and running in this tab. Choose an experiment, run it, and see what the
        scheduler did.
      </p>
      <h3>Keys</h3>
      <dl class="keys">
        {KEYS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <h3>Marks</h3>
      <ul class="marks">
        {MARKS.map(([name, says]) => (
          <li key={name}>
            <i class={`mark mark-${name}`} />
            <span>{says}</span>
          </li>
        ))}
      </ul>
      <Engine />
      <form method="dialog">
        <button class="button">Close</button>
      </form>
    </dialog>
  );
}
