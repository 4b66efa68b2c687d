/** How to read the page: its marks, its words, and what each experiment is for. */
import type { ExperimentSpec } from '../../engine/types';
import './learn.css';

export interface LearnProps {
  /** From the engine's description; without them the list is left out. */
  experiments?: readonly ExperimentSpec[];
  /** Opens the experiment's form in the lab; starts nothing. */
  onOpen?: (name: string) => void;
}

const MARKS: readonly [mark: string, name: string, words: string][] = [
  ['running', 'running', 'A goroutine has a P and an M, and its code is being carried out.'],
  ['runnable', 'runnable', 'It could run, but stands in a queue: no P has got to it yet.'],
  ['waiting', 'waiting', 'It is parked: at a channel, a lock, a timer. It costs memory and nothing else.'],
  ['syscall', 'in a blocking call', 'Its M is away in the operating system and may come back late.'],
  ['gc', 'collecting', 'A worker of the garbage collector has the P and marks what is still in use.'],
  ['assist', 'assist', 'A goroutine that wants to allocate helps the collector first.'],
  ['stw', 'world stopped', 'Every P stands still, whatever it was doing: a red band over all lanes.'],
];

const WORDS: readonly [word: string, meaning: string][] = [
  ['G', 'A goroutine: a function that can be put aside at any safe point and taken up again later. Written g17 on this page.'],
  ['M', 'A thread of the machine. It carries out goroutines, but only while it holds a P.'],
  ['P', 'A permission to run Go code, with a queue of its own. There are GOMAXPROCS of them, and each is a lane here.'],
  ['Run queue', 'A ring of up to 256 runnable goroutines that belongs to one P. What does not fit goes, half at a time, to the global queue, which all Ps share.'],
  ['Runnext', 'One place ahead of the queue. Whoever was just woken or created stands there, runs next, and inherits what is left of the time slice.'],
  ['Stealing', 'A P with nothing to do looks into the others’ queues and takes half of what it finds. An arrow leads from the lane that lost them to the thief.'],
  ['Spinning', 'An M that has no work yet but is looking for it. A few are kept looking, so that new work is not left lying; too many would only burn time.'],
  ['Preemption', 'After 10 ms a goroutine is told to yield, so that others get their turn. A notch at the top of the lane marks where.'],
  ['Hand-off', 'When a goroutine is stuck in a blocking call, its P is taken away and given to another M, so that the queue behind it moves on.'],
  ['Checkpoint', 'A safe point. Goroutines are put aside only there; in this runtime a loop has one at least every 100 µs.'],
];

const HEAP_WORDS: readonly [word: string, meaning: string][] = [
  ['Heap', 'Where objects live that outlast the function that made them. Nobody frees them by hand: the collector finds out which nobody can reach.'],
  ['Goal', 'How large the heap may be when a collection ends: what was live, and GOGC percent more. Collections begin somewhat earlier, at the trigger.'],
  ['Span', 'Some pages of 8 KiB that hold objects of one size class, such as up to 48 bytes. A large object has a span of its own.'],
  ['Marking', 'What is reachable goes from white (not seen) over grey (seen, not scanned) to black (scanned). What is white in the end is garbage.'],
  ['Green Tea', 'Go’s marker: it queues spans and scans the grey objects of one together. The classic one queues each object and follows it wherever it lies.'],
  ['Sweeping', 'Giving the white objects’ room back, span by span, whenever somebody needs some.'],
];

export function Learn({ experiments = [], onOpen }: LearnProps) {
  return (
    <article class="learn">
      <h2>How to read the page</h2>
      <p>
        Each P is a lane. Time runs to the right. A filled piece is one goroutine from the moment it got the P to the moment it left it; where nothing is drawn, the P had nothing to do. Zoomed
        out, pieces too narrow to see become a column, as high as the P was busy. An arrow between lanes is a steal, a notch at the top of a lane a preemption.
      </p>
      <section>
        <h3>Marks</h3>
        <dl class="learn-marks">
          {MARKS.map(([mark, name, words]) => (
            <div key={mark}>
              <dt><i class={`mark mark-${mark}`} /> {name}</dt>
              <dd>{words}</dd>
            </div>
          ))}
          <div>
            <dt><i class="learn-idle" /> idle</dt>
            <dd>Nothing at all: the P waits for work.</dd>
          </div>
        </dl>
      </section>
      <Words title="Words of the scheduler" words={WORDS} />
      <Words title="Words of the heap" words={HEAP_WORDS} />
      {experiments.length > 0 && <Experiments experiments={experiments} onOpen={onOpen} />}
    </article>
  );
}

function Words({ title, words }: { title: string; words: readonly [word: string, meaning: string][] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="learn-words">
        {words.map(([word, meaning]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Experiments({ experiments, onOpen }: Pick<LearnProps, 'onOpen'> & { experiments: readonly ExperimentSpec[] }) {
  return (
    <section>
      <h3>Experiments</h3>
      {groupsOf(experiments).map(([group, members]) => (
        <section key={group}>
          <h4>{group}</h4>
          <ul class="learn-experiments">
            {members.map((spec) => (
              <li key={spec.name}>
                {onOpen ? <button type="button" onClick={() => onOpen(spec.name)}>{spec.title}</button> : <span>{spec.title}</span>}
                <div>
                  <p class="learn-question">{spec.question}</p>
                  <p>{spec.shows}</p>
                </div>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

/** In the order in which groups first appear. */
function groupsOf(experiments: readonly ExperimentSpec[]): [string, ExperimentSpec[]][] {
  const groups = new Map<string, ExperimentSpec[]>();
  for (const spec of experiments) groups.set(spec.group, [...(groups.get(spec.group) ?? []), spec]);
  return [...groups];
}
