import type { ShelvedSensor } from '../api.js';
import { CountedTitle } from '../counted-title.js';
import { useFormats } from '../format.js';
import type { Some } from '../load-some.js';
import { NoteText } from '../note-text.js';
import { Link } from '../router.js';
import { useMay } from '../session.js';
import { ShowMore } from '../show-more.js';
import { useTexts, useTextsOf } from '../texts.js';
import { ALARMS_TEXTS } from './alarms-texts.js';

interface Props {
  readonly shelved: Some<ShelvedSensor> | null;
  readonly names: ReadonlyMap<string, string>;
  readonly nowMs: number;
  readonly onChange: (sensorId: string) => void;
  readonly onUnshelve: (sensorId: string) => void;
  readonly onMore: () => void;
}

/** The shelved sensors, always in sight: nobody is mailed about them. */
export function ShelvedPanel({ shelved, names, nowMs, onChange, onUnshelve, onMore }: Props) {
  const general = useTexts();
  const texts = useTextsOf(ALARMS_TEXTS);
  const formats = useFormats();
  const mayOperate = useMay('operator');
  return (
    <section class="panel shelved" aria-label={texts.shelved} data-testid="shelved">
      <div class="panel-head">
        <CountedTitle title={texts.shelved} total={shelved?.total ?? null} />
      </div>
      {shelved === null ? (
        <p class="empty">{general.loading}</p>
      ) : shelved.items.length === 0 ? (
        <p class="empty">{texts.noneShelved}</p>
      ) : (
        // It scrolls, so it is to be reached by keyboard.
        <ul tabIndex={0} aria-label={texts.shelved}>
          {shelved.items.map(({ sensorId, until, by, reason, alarms, zone, ...found }) => (
            <li key={sensorId} data-testid={`shelved-${sensorId}`}>
              <Link to={{ page: 'sensor', sensorId }} class="as-link">
                {general.sensor} {sensorId}
              </Link>{' '}
              <span>{names.get(sensorId)}</span>
              <small>{[zone ?? general.noZone, texts.reasons[reason], texts.by(by)].join(' · ')}</small>
              <small>
                {texts.ends}{' '}
                <time dateTime={until} title={formats.dateTime(until)}>
                  {formats.ahead(until, Math.max(nowMs, Date.now()))}
                </time>
                {alarms > 0 && <em> · {texts.meanwhile(alarms)}</em>}
              </small>
              <NoteText found={found} />
              {mayOperate && (
                <div class="shelved-actions">
                  <button type="button" class="button is-quiet" aria-label={texts.ofSensor(texts.change, sensorId)} onClick={() => onChange(sensorId)}>
                    {texts.change}
                  </button>
                  <button type="button" class="button" aria-label={texts.ofSensor(texts.unshelve, sensorId)} onClick={() => onUnshelve(sensorId)}>
                    {texts.unshelve}
                  </button>
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      {shelved !== null && <ShowMore shown={shelved.items.length} total={shelved.total} onMore={onMore} />}
    </section>
  );
}
