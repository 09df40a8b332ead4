import { LOAD_THRESHOLDS } from '../../../projections/operators-load.js';
import type { AlarmSummary } from '../api.js';
import { useFormats } from '../format.js';
import { TypeIcon } from '../icons.js';
import type { Some } from '../load-some.js';
import { useTexts, useTextsOf } from '../texts.js';
import { chatterOf } from './chatter.js';
import { SENSOR_TEXTS } from './sensor-texts.js';

/** Whether the sensor chatters: alarms that come and go too quickly for anybody to act on each. */
export function ChatterPanel({ alarms: { items, total }, nowMs }: { alarms: Some<AlarmSummary>; nowMs: number }) {
  const general = useTexts();
  const texts = useTextsOf(SENSOR_TEXTS);
  const formats = useFormats();
  const { sinceMs, types } = chatterOf(items, total, nowMs);
  const { chatterAlarms, chatterSeconds } = LOAD_THRESHOLDS;
  return (
    <section class="panel" aria-label={texts.chatter} data-testid="chatter">
      <div class="panel-head">
        <h2>{texts.chatter}</h2>
        {types.length === 0 && <span class="muted">{texts.noChatter}</span>}
      </div>
      <ul class="rows">
        {types.map(({ type, alarms, lastMs }) => (
          <li key={type}>
            <TypeIcon type={type} />
            <span>
              {texts.chattered(general.type[type], formats.number(alarms))}
              <small>{texts.lastOf(formats.dateTime(new Date(lastMs).toISOString()))}</small>
            </span>
          </li>
        ))}
      </ul>
      <p class="hint muted">{texts.chatterRule(chatterAlarms, chatterSeconds, formats.dateTime(new Date(sinceMs).toISOString()))}</p>
    </section>
  );
}
