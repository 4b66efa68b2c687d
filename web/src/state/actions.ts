/** Everything the page can be asked to do. Writes the store; asks the engine through its host. */
import { batch } from '@preact/signals';
import { mostProcs as mostIn } from '../engine/needs';
import { nextTask } from '../engine/next-task';
import { writeLink, readLink } from '../link/link';
import { type ParameterValue, type Parameters, refusalOf } from '../engine/types';
import { Address } from './address';
import { startEngine } from './engine-session';
import { host } from './host';
import { keepView, keptView } from './kept';
import * as store from './store';
import { announce, clearNotices, notice } from './notices';
import { lookAtSpan, renewGctrace } from './heap-session';
import { beginRun } from './run';

const VALIDATE_MS = 150;
const address = new Address();
let validateTimer: ReturnType<typeof setTimeout> | undefined;
let validations = 0;

/** Asks the engine about the form's values; the answer to an older question is dropped. */
async function validate(): Promise<Parameters | null> {
  const client = host.client;
  const spec = store.experiment.value;
  if (!client || !spec) return null;
  const mine = ++validations;
  try {
    const answer = await client.validate(spec.name, store.values.value);
    if (mine === validations) store.fieldErrors.value = answer.errors;
    return answer.errors.length === 0 ? answer.parameters : null;
  } catch {
    return null; // the engine was lost meanwhile, and that is told elsewhere
  }
}

/** The link of what the form holds now. */
export function currentLink(): string {
  const spec = store.experiment.value;
  return spec ? writeLink(spec, store.values.value) : '';
}

function edited(): void {
  clearTimeout(validateTimer);
  validateTimer = setTimeout(() => {
    address.edit(currentLink());
    void validate();
  }, VALIDATE_MS);
}

export function setValue(name: string, value: ParameterValue): void {
  // A field that had the focus when its experiment was left still reports its value, while it is being removed.
  if (!store.experiment.value?.parameters.some((p) => p.name === name)) return;
  if (store.values.value[name] === value) return;
  batch(() => {
    store.values.value = { ...store.values.value, [name]: value };
    store.undoValues.value = null;
  });
  edited();
}

export function selectExperiment(name: string): void {
  const spec = store.experimentNamed(name);
  if (!spec || name === store.experimentName.value) return;
  // What was changed of the parameters that both experiments know is kept; all else starts from the new one's defaults.
  const before = store.experiment.value;
  const changed = before ? store.changedOf(before, store.values.value).filter((p) => p.group !== 'experiment') : [];
  const kept = Object.fromEntries(changed.filter((p) => spec.parameters.some((q) => q.name === p.name)).map((p) => [p.name, store.values.value[p.name]!]));
  batch(() => {
    store.experimentName.value = name;
    store.values.value = { ...store.defaultsOf(spec), ...kept };
    store.fieldErrors.value = [];
    store.undoValues.value = null;
  });
  clearNotices('link');
  edited();
}

export function resetValues(): void {
  const spec = store.experiment.value;
  if (!spec) return;
  batch(() => {
    store.undoValues.value = store.values.value;
    store.values.value = store.defaultsOf(spec);
  });
  announce('The form holds the defaults.');
  edited();
}

export function undoReset(): void {
  const before = store.undoValues.value;
  if (!before) return;
  batch(() => {
    store.values.value = before;
    store.undoValues.value = null;
  });
  edited();
}

/** Puts a link's content into the form. Never starts a run. */
function openLink(hash: string): boolean {
  const description = store.description.value;
  if (!description) return false;
  const link = readLink(hash, description);
  const spec = description.experiments.find((e) => e.name === link.experiment);
  if (!spec) return false;
  clearNotices('link');
  batch(() => {
    store.experimentName.value = spec.name;
    store.values.value = { ...store.defaultsOf(spec), ...link.parameters };
    store.fieldErrors.value = [];
    store.undoValues.value = null;
    store.fromLink.value = link.present;
  });
  for (const text of link.notices) notice('warn', text, 'link');
  void validate();
  return link.present;
}

export function showTab(tab: store.Tab): void {
  store.tab.value = tab;
  keepView(tab);
}

export async function run(): Promise<void> {
  if (store.engine.value !== 'ready' || (store.busy.value && !store.shown.value?.intro)) return;
  clearTimeout(validateTimer);
  const parameters = await validate();
  const spec = store.experiment.value;
  if (!spec) return;
  if (!parameters) {
    if (store.fieldErrors.value.length === 0) return notice('error', 'The engine did not answer; the run was not started. Try again.', 'run');
    announce(`${spec.verb} is not possible yet: ${store.fieldErrors.value.map(refusalOf).join(' ')}`);
    const first = store.fieldErrors.value[0];
    if (first) document.getElementById(`field-${first.field}`)?.focus();
    return;
  }
  address.commit(currentLink());
  store.fromLink.value = false;
  clearNotices('run');
  await beginRun(spec.name, parameters, false);
}

export function cancel(): void {
  if (store.phase.value !== 'running') return;
  store.phase.value = 'cancelling';
  host.client?.cancel();
}

/** The most Ps that the run which is on can be given: each needs a thread, and an engine cannot be given more of them under way. */
export function mostProcs(): number {
  const shown = store.shown.value;
  return shown ? Math.min(store.description.value?.max_procs ?? 1, mostIn(store.engineThreads.value, shown.experiment, shown.parameters)) : 1;
}

/** GOMAXPROCS of the run that is on: the world is stopped for a moment, and goes on with as many Ps. */
export function setProcs(n: number): void {
  if (store.phase.value !== 'running' || n < 1 || n > mostProcs()) return;
  host.client?.setProcs(n);
  announce(`GOMAXPROCS is to be ${n}.`);
}

/** GOGC of the run that is on; -1: off. */
export function setGogc(percent: number): void {
  if (store.phase.value !== 'running' || !Number.isInteger(percent) || percent < -1) return;
  host.client?.setGogc(percent);
  announce(percent < 0 ? 'GOGC is to be off.' : `GOGC is to be ${percent}.`);
}

/** The memory limit of the run that is on, in MiB; 0: none. */
export function setMemoryLimit(mebibytes: number): void {
  if (store.phase.value !== 'running' || !Number.isInteger(mebibytes) || mebibytes < 0) return;
  host.client?.setMemoryLimit(mebibytes);
  announce(mebibytes === 0 ? 'The heap is to have no memory limit.' : `The memory limit is to be ${mebibytes} MiB.`);
}

/** Looks into the span that begins at a page of the heap; -1: into none. */
export function chooseSpan(page: number): void {
  store.chosenPage.value = page;
  void lookAtSpan();
}

export function showGctrace(level: 1 | 2): void {
  store.gctraceLevel.value = level;
  void renewGctrace();
}

/** A small run in virtual time, so that a first visitor sees a finished one. Only what the table knows is set. */
async function introduce(): Promise<void> {
  const spec = store.experimentNamed('mine') ?? store.description.value?.experiments[0];
  if (!spec || !host.client) return;
  const wanted: Parameters = { time: 'virtual', blocks: 4, goroutines: 8, difficulty: 12, procs: 4 };
  const known = Object.fromEntries(Object.entries(wanted).filter(([name]) => spec.parameters.some((p) => p.name === name)));
  const { parameters, errors } = await host.client.validate(spec.name, { ...store.defaultsOf(spec), ...known });
  if (errors.length === 0 && store.phase.value === 'idle') await beginRun(spec.name, parameters, true);
}

/** Called once, when the page is drawn. */
export async function boot(): Promise<void> {
  const saved = keptView();
  if (store.TABS.some((t) => t.id === saved)) store.tab.value = saved as store.Tab;
  if (!(await startEngine())) return;
  const linked = openLink(address.moved());
  addEventListener('popstate', () => openLink(address.moved()));
  if (linked) return;
  // First the form is drawn and can be used.
  await nextTask();
  await introduce();
}
