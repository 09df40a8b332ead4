import { useLayoutEffect, useState } from 'preact/hooks';
import { queryOf, type LoadAnswer } from '../api.js';
import { Figure } from '../figures.js';
import { useFormats } from '../format.js';
import { useTexts, useTextsOf } from '../texts.js';
import type { SystemData } from '../use-system-data.js';
import { ConsoleTable } from './console-table.js';
import { LoadChart } from './load-chart.js';
import { choiceOf, LOAD_PRESETS } from './load-choice.js';
import { LoadLists } from './load-lists.js';
import { LOAD_TEXTS } from './load-texts.js';
import './load.css';
import { useLoad } from './use-load.js';
import { ZoneChoice } from '../zone-choice.js';

/** What alarms ask of operators, against what the field holds to be bearable. */
export function LoadPage({ system, onShow }: { system: SystemData; onShow: (alarmId: string) => void }) {
  const general = useTexts();
  const texts = useTextsOf(LOAD_TEXTS);
  const [choice, setChoice] = useState(() => choiceOf(location.search));
  const { load, hasFailed } = useLoad(choice);
  useLayoutEffect(() => history.replaceState(null, '', `/load${queryOf({ ...choice })}`), [choice]);
  return (
    <main tabIndex={-1} class={`page load-page ${system.live === 'stale' ? 'is-stale' : ''}`}>
      <section class="panel" aria-label={texts.title}>
        <div class="panel-head">
          <h2>{texts.title}</h2>
          <div class="presets" role="group" aria-label={texts.preset}>
            {LOAD_PRESETS.map((last) => (
              <button key={last} type="button" class="chip" aria-pressed={choice.last === last} onClick={() => setChoice({ ...choice, last })}>
                {texts.presets[last]}
              </button>
            ))}
          </div>
          <ZoneChoice zone={choice.zone} onZone={(zone) => setChoice({ ...choice, zone })} testId="load-zone" />
        </div>
        <p class="hint muted">{texts.about}</p>
      </section>
      {load === null ? (
        <p class="panel empty">{hasFailed ? general.failed : general.loading}</p>
      ) : (
        <>
          <LoadFigures load={load} isLong={choice.last !== 'day'} />
          <LoadChart load={load} isLong={choice.last !== 'day'} />
          <ConsoleTable load={load} onZone={(zone) => setChoice({ ...choice, zone })} />
          <LoadLists load={load} onShow={onShow} />
        </>
      )}
      {hasFailed && load !== null && (
        <p class="toast" role="status">
          {general.failed}
        </p>
      )}
    </main>
  );
}

function LoadFigures({ load: { whole, thresholds }, isLong }: { load: LoadAnswer; isLong: boolean }) {
  const texts = useTextsOf(LOAD_TEXTS);
  const { number, decimal, percent, length } = useFormats();
  const { count, p50Ms, p95Ms } = whole.acknowledged;
  return (
    <section class="figures" aria-label={texts.title}>
      <Figure label={texts.perPeriod} value={decimal(whole.perPeriod)} note={texts.levels[whole.level]} isLoud={whole.level === 'unacceptable'} testId="per-period" />
      <Figure label={texts.mostInPeriod} value={number(whole.mostInPeriod)} isLoud={whole.mostInPeriod > thresholds.floodAbove} testId="most-in-period" />
      <Figure label={texts.flood} value={percent(whole.floodShare)} note={texts.floodPeriods(number(whole.floodPeriods))} isLoud={whole.floodPeriods > 0} testId="flood" />
      <Figure label={texts.perDay} value={decimal(whole.perDay)} note={isLong ? texts.mostInDay(number(whole.mostInDay)) : ''} testId="per-day" />
      <Figure
        label={texts.acknowledge}
        value={p50Ms === null ? '–' : length(p50Ms)}
        note={p95Ms === null ? texts.noneAcknowledged : texts.acknowledgeNote(length(p95Ms), number(count))}
        testId="acknowledge"
      />
    </section>
  );
}
