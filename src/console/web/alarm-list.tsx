import { useMemo } from 'preact/hooks';
import { ALARM_TYPES, type AlarmSummary } from './api.js';
import { CountedTitle } from './counted-title.js';
import { useFormats } from './format.js';
import { EmailIcon, TypeIcon } from './icons.js';
import type { AlarmFilter } from './open-alarms.js';
import { ShowMore } from './show-more.js';
import { useTexts } from './texts.js';
import type { OverviewData } from './use-overview-data.js';

interface Props {
  readonly data: OverviewData;
  readonly nowMs: number;
  readonly filter: AlarmFilter;
  /** Null where the list is only looked at. */
  readonly onChoose: ((part: Partial<AlarmFilter>) => void) | null;
  readonly onShow: (alarmId: string) => void;
  readonly onMore: (() => void) | null;
}

/** The open alarms, newest first. */
export function AlarmListPanel({ data, nowMs, filter, onChoose, onShow, onMore }: Props) {
  const texts = useTexts();
  const { alarms, total } = data;
  // A choice draws its chips anew before its answer is there, not all alarms.
  const rows = useMemo(() => alarms?.map((alarm) => <Row key={alarm.alarmId} alarm={alarm} nowMs={nowMs} onShow={onShow} />), [alarms, nowMs, onShow]);
  const isFiltered = filter.type !== null || filter.zone !== null || filter.cell !== null;
  return (
    <section class="panel alarms" aria-label={texts.openAlarms}>
      <div class="panel-head">
        <CountedTitle title={texts.openAlarms} total={alarms === null ? null : total} />
        {onChoose !== null && <Filters filter={filter} onChoose={onChoose} />}
      </div>
      {alarms === null ? (
        <p class="empty">{texts.loading}</p>
      ) : alarms.length === 0 ? (
        <p class="empty calm">{isFiltered ? texts.noneHere : texts.none}</p>
      ) : (
        <ol data-testid="alarm-list">{rows}</ol>
      )}
      {onMore !== null && alarms !== null && <ShowMore shown={alarms.length} total={total} onMore={onMore} />}
    </section>
  );
}

function Filters({ filter, onChoose }: { filter: AlarmFilter; onChoose: (part: Partial<AlarmFilter>) => void }) {
  const texts = useTexts();
  return (
    <>
      {filter.zone !== null && <Chip text={filter.zone} label={texts.allZones} onRemove={() => onChoose({ zone: null, cell: null })} />}
      {filter.cell !== null && <Chip text={texts.cell(filter.cell)} label={texts.clearCell} onRemove={() => onChoose({ cell: null })} />}
      <div class="chips" role="group" aria-label={texts.allTypes}>
        {ALARM_TYPES.map((type) => (
          <button key={type} type="button" class={`chip ${type}`} aria-pressed={filter.type === type} onClick={() => onChoose({ type: filter.type === type ? null : type })}>
            {texts.type[type]}
          </button>
        ))}
      </div>
    </>
  );
}

function Row({ alarm, nowMs, onShow }: { alarm: AlarmSummary; nowMs: number; onShow: (alarmId: string) => void }) {
  const texts = useTexts();
  const formats = useFormats();
  return (
    <li>
      <button type="button" class="alarm" onClick={() => onShow(alarm.alarmId)} data-testid={`alarm-${alarm.sensorId}-${alarm.type}`}>
        <TypeIcon type={alarm.type} />
        <span class="what">
          <b>{texts.type[alarm.type]}</b>
          <span>{alarm.zone ?? texts.noZone}</span>
        </span>
        <span class="where">
          <span>
            {texts.sensor} {alarm.sensorId}
          </span>
          <time dateTime={alarm.triggeredAt} title={formats.dateTime(alarm.triggeredAt)}>
            {formats.age(alarm.triggeredAt, Math.max(nowMs, Date.now()))}
          </time>
        </span>
        <EmailIcon state={alarm.email} label={texts.email[alarm.email]} />
      </button>
    </li>
  );
}

function Chip({ text, label, onRemove }: { text: string; label: string; onRemove: () => void }) {
  return (
    <button type="button" class="chip is-set" title={label} aria-label={`${text}: ${label}`} onClick={onRemove}>
      {text} <span aria-hidden="true">×</span>
    </button>
  );
}
