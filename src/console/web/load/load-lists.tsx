import type { ComponentChildren } from 'preact';
import type { LoadAnswer } from '../api.js';
import { useFormats } from '../format.js';
import { TypeIcon } from '../icons.js';
import { Link } from '../router.js';
import { useTexts, useTextsOf } from '../texts.js';
import { LOAD_TEXTS } from './load-texts.js';

/** What makes the load: the busiest sensors, what chatters, what is stale. */
export function LoadLists({ load: { busiest, chattering, stale }, onShow }: { load: LoadAnswer; onShow: (alarmId: string) => void }) {
  const general = useTexts();
  const texts = useTextsOf(LOAD_TEXTS);
  const formats = useFormats();
  return (
    <div class="load-lists">
      <List title={texts.busiest} total={busiest.total} shown={busiest.items.length} testId="busiest">
        {busiest.items.map(({ sensorId, zone, alarms }) => (
          <li key={sensorId}>
            <span>
              <SensorLink sensorId={sensorId} /> <small>{zone ?? texts.unplaced}</small>
            </span>
            <b>{formats.number(alarms)}</b>
          </li>
        ))}
      </List>
      <List title={texts.chattering} note={texts.chatteringNote} total={chattering.total} shown={chattering.items.length} testId="chattering">
        {chattering.items.map(({ sensorId, type, zone, alarms, lastAt }) => (
          <li key={`${sensorId} ${type}`}>
            <TypeIcon type={type} />
            <span>
              <SensorLink sensorId={sensorId} />{' '}
              <small>
                {general.type[type]} · {zone ?? texts.unplaced} · <time dateTime={lastAt}>{formats.dateTime(lastAt)}</time>
              </small>
            </span>
            <b>{formats.number(alarms)}</b>
          </li>
        ))}
      </List>
      <List title={texts.stale} note={texts.staleNote} total={stale.total} shown={stale.items.length} testId="stale">
        {stale.items.map(({ alarmId, sensorId, type, zone, triggeredAt }) => (
          <li key={alarmId}>
            <TypeIcon type={type} />
            <span>
              <button type="button" class="as-link" onClick={() => onShow(alarmId)}>
                {general.type[type]}, {general.sensorPage(sensorId)}
              </button>{' '}
              <small>
                {zone ?? texts.unplaced} · {texts.since(formats.dateTime(triggeredAt))}
              </small>
            </span>
          </li>
        ))}
      </List>
    </div>
  );
}

function SensorLink({ sensorId }: { sensorId: string }) {
  const texts = useTexts();
  return <Link to={{ page: 'sensor', sensorId }}>{texts.sensorPage(sensorId)}</Link>;
}

interface ListProps {
  readonly title: string;
  readonly note?: string;
  readonly total: number;
  readonly shown: number;
  readonly testId: string;
  readonly children: ComponentChildren;
}

function List({ title, note, total, shown, testId, children }: ListProps) {
  const texts = useTextsOf(LOAD_TEXTS);
  const { number } = useFormats();
  return (
    <section class="panel" aria-label={title} data-testid={testId}>
      <div class="panel-head">
        <h2>{title}</h2>
        <span class="muted">{shown < total ? texts.firstOf(number(shown), number(total)) : note}</span>
      </div>
      {total === 0 ? <p class="empty calm">{texts.none}</p> : <ol class="rows">{children}</ol>}
    </section>
  );
}
