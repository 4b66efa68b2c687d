/** Why a goroutine stopped: the numbers of core/observe/event.h and the words for them. */

export const STOP = { none: 0, exit: 1, gosched: 2, preempted: 3, goyield: 4, syscall: 5, wait: 32 } as const;

/** Whether the goroutine stays runnable after a stop for this reason. */
export function isRunnableStop(reason: number): boolean {
  return reason === STOP.gosched || reason === STOP.preempted || reason === STOP.goyield;
}

/** In the order of sched::WaitReason; Go's own words, as they stand in its tracebacks. */
const WAIT_REASONS: readonly string[] = [
  '', 'chan receive', 'chan send', 'chan receive (nil chan)', 'chan send (nil chan)', 'select', 'select (no cases)', 'sleep', 'semacquire',
  'sync.Mutex.Lock', 'sync.RWMutex.RLock', 'sync.RWMutex.Lock', 'sync.WaitGroup.Wait', 'sync.Cond.Wait', 'preempted', 'stopping the world',
  'GC worker (idle)', 'GC worker (active)', 'GC assist marking', 'GC assist wait', 'GC sweep wait', 'GC scavenge wait', 'finalizer wait',
  'cleanup wait', 'force gc (idle)', 'wait for GC cycle',
];

/** What the goroutine did as it stopped, to follow "then". */
export function stopWords(reason: number): string {
  switch (reason) {
    case STOP.none:
      return 'stopped';
    case STOP.exit:
      return 'exited';
    case STOP.gosched:
      return 'yielded: Gosched';
    case STOP.preempted:
      return 'was preempted';
    case STOP.goyield:
      return 'yielded to the goroutine it readied';
    case STOP.syscall:
      return 'lost its P to a blocking call';
    default:
      return `stopped: ${waitWords(reason)}`;
  }
}

/** The wait reason in Go's words. */
function waitWords(reason: number): string {
  return WAIT_REASONS[reason - STOP.wait] || `wait reason ${reason - STOP.wait}`;
}

/** Why the world was stopped, in the order of sched::StwReason, to follow "The world was stopped". */
export const STW_WORDS: readonly string[] = ['', ' to change GOMAXPROCS', ' for the garbage collector'];
export const STW_GC = 2;

/** The name of the goroutines that mark in the background. */
export const GC_WORKER = 'runtime.gcBgMarkWorker';
