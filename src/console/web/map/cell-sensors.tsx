import { useCustomerNames } from '../alarms/use-customer-names.js';
import { useFormats } from '../format.js';
import { Link } from '../router.js';
import { useTexts, useTextsOf } from '../texts.js';
import { MAP_TEXTS } from './map-texts.js';
import { StateMark } from './state-mark.js';
import { useCellSensors, type CellSensorsData } from './use-cell-sensors.js';

/** The single sensors of a cell, calm ones too, each with the way to its page. */
export function CellSensors({ cell, zone }: { cell: string; zone: string | null }) {
  const general = useTexts();
  const texts = useTextsOf(MAP_TEXTS);
  const { number } = useFormats();
  const data = useCellSensors(cell, zone);
  const { answer, hasFailed } = data;
  const names = useCustomerNames(answer?.items.map(({ sensorId }) => sensorId) ?? []);
  return (
    <section class="cell-sensors" aria-label={texts.sensorsOf(cell)} data-testid="cell-sensors">
      <div class="panel-head">
        <h3>
          {texts.sensorsOf(cell)} <span class="count">{answer === null ? '' : number(answer.total)}</span>
        </h3>
        {answer !== null && answer.items.length < answer.total && <Pager data={data} shown={answer.items.length} />}
      </div>
      {answer === null ? (
        <p class="empty">{hasFailed ? general.failed : general.loading}</p>
      ) : (
        <ul>
          {answer.items.length === 0 && <li class="muted">{texts.none}</li>}
          {answer.items.map(({ sensorId, state, openTypes }) => (
            <li key={sensorId}>
              <Link to={{ page: 'sensor', sensorId }}>
                <StateMark isActive={state === 'active'} />
                <b>{general.sensorPage(sensorId)}</b>
                <span class="muted">{names.get(sensorId)}</span>
                {state === 'active' && <span class="in-alarm">{openTypes.map((type) => general.type[type]).join(', ')}</span>}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Pager({ data: { before, toPrevious, toNext }, shown }: { data: CellSensorsData; shown: number }) {
  const texts = useTextsOf(MAP_TEXTS);
  const { number } = useFormats();
  // A button without a page to turn to keeps the focus.
  return (
    <div class="pager">
      <span class="muted" role="status">
        {texts.range(number(before + 1), number(before + shown))}
      </span>
      <button type="button" class="button" aria-disabled={toPrevious === null} onClick={() => toPrevious?.()}>
        {texts.previous}
      </button>
      <button type="button" class="button" aria-disabled={toNext === null} onClick={() => toNext?.()}>
        {texts.next}
      </button>
    </div>
  );
}
