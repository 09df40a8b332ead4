import type { AlarmType, AuditEvent } from '../api.js';
import { CountedTitle } from '../counted-title.js';
import { useFormats } from '../format.js';
import { ShowMore } from '../show-more.js';
import { useTexts, useTextsOf } from '../texts.js';
import { SENSOR_TEXTS } from './sensor-texts.js';
import { timeOf } from './state-spans.js';

interface Props {
  readonly events: readonly AuditEvent[];
  readonly total: number;
  /** Null when no more can be had here. */
  readonly onMore: (() => void) | null;
  readonly title?: string;
}

/** What happened to a sensor, event by event, the newest first. */
export function EventList({ events, total, onMore, title }: Props) {
  const general = useTexts();
  const texts = useTextsOf(SENSOR_TEXTS);
  const formats = useFormats();
  const detailOf = ({ data }: AuditEvent): string => {
    const { alarmType, strike, of, by, until, cause } = data as EventData;
    const parts = [
      alarmType === undefined ? '' : general.type[alarmType],
      strike === undefined || of === undefined ? '' : texts.strike(strike, of),
      until === undefined ? '' : `→ ${formats.dateTime(until)}`,
      cause === 'time' ? texts.byTime : typeof by === 'string' ? by : '',
    ];
    return parts.filter((part) => part !== '').join(' · ');
  };
  return (
    <section class="panel" aria-label={title ?? texts.history}>
      <div class="panel-head">
        <CountedTitle title={title ?? texts.history} total={total} />
      </div>
      {events.length === 0 ? (
        <p class="empty">{texts.noHistory}</p>
      ) : (
        <ol class="record history" data-testid="history">
          {events.map((event) => (
            <li key={event.id}>
              <time>{formats.dateTime(new Date(timeOf(event)).toISOString())}</time> <b>{texts.events[event.type] ?? event.type}</b> <span class="muted">{detailOf(event)}</span>
            </li>
          ))}
        </ol>
      )}
      {onMore !== null && <ShowMore shown={events.length} total={total} onMore={onMore} />}
    </section>
  );
}

/** The fields of which each kind of event has some. */
interface EventData {
  readonly alarmType?: AlarmType;
  readonly strike?: number;
  readonly of?: number;
  readonly by?: string | null;
  readonly until?: string;
  readonly cause?: string;
}
