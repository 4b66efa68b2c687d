/** The frame: one line on top, the question on the left, the answer on the right. */
import { useEffect } from 'preact/hooks';
import { Answer } from './frame/Answer';
import { Header, tagline } from './frame/Header';
import { Help } from './frame/Help';
import { onKey } from './frame/keys';
import { Notices } from './frame/Notices';
import { Question } from './form/Question';
import { StatusStrip } from './frame/StatusStrip';
import { announcement, busy, experiment, shown, shownExperiment, tab } from './state/store';

export function App() {
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const title = (shownExperiment.value ?? experiment.value)?.title;
  useEffect(() => {
    document.title = title ? `${title} · Samovar` : 'Samovar';
  }, [title]);
  const reading = tab.value === 'learn';
  return (
    <>
      <Header />
      <div class={reading ? 'page page-reading' : 'page'}>
        {!reading && <Question />}
        <main class="answer" id="answer">
          {!reading && <StatusStrip />}
          {!busy.value && (!shown.value || shown.value.intro) && <p class="tagline tagline-below">{tagline}</p>}
          <Notices />
          <Answer />
        </main>
      </div>
      <Help />
      <div class="visually-hidden" role="status" aria-live="polite">
        {announcement.value}
      </div>
    </>
  );
}
