/** What stands in the Memory view while there is no heap to look at: what one would see, and what to run for it. */
import type { ExperimentSpec } from '../../engine/types';

/** Experiments that use the heap, those that teach most first. */
const TRY = ['trees', 'stress', 'gc-benchmark'];

interface Props {
  /** The run on the page, null: none. */
  title: string | null;
  experiments: readonly ExperimentSpec[];
  onSelect: (name: string) => void;
}

/** Of the table's experiments: those named above, and else any with a heap to set. */
function heapExperiments(experiments: readonly ExperimentSpec[]): ExperimentSpec[] {
  const named = TRY.flatMap((name) => experiments.filter((one) => one.name === name));
  return named.length > 0 ? named : experiments.filter((one) => one.parameters.some(({ name }) => name === 'heap' || name === 'gogc')).slice(0, 3);
}

export function MemoryEmpty({ title, experiments, onSelect }: Props) {
  const offered = heapExperiments(experiments);
  return (
    <section class="memory-empty" aria-label="Memory">
      <h2>Where did the memory go, and who gave it back?</h2>
      <p>{title ? `“${title}” does not use the collected heap, so there is nothing to see of it here.` : 'Nothing has run yet.'}</p>
      <p class="muted">
        With an experiment that allocates on the heap this view shows its size against its goal while it runs, each collection with its pauses and the help it asked of goroutines,
        and every span of the heap object by object: how Green Tea scans a page at a time where the classic marker follows one reference after the other.
      </p>
      {offered.length > 0 ? (
        <ul class="memory-offers">
          {offered.map(({ name, title: what, question }) => (
            <li key={name}>
              <button type="button" class="button" onClick={() => onSelect(name)}>Choose {name}</button> <span>{what}: {question}</span>
            </li>
          ))}
        </ul>
      ) : (
        <p class="muted">This engine has no experiment that uses the heap.</p>
      )}
    </section>
  );
}
