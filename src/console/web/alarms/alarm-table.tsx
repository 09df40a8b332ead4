import type { ComponentChildren } from 'preact';
import type { AlarmSummary } from '../api.js';
import type { SomeAlarms } from '../open-alarms.js';
import { useTexts, useTextsOf } from '../texts.js';
import { AlarmRow, type RowActions } from './alarm-row.js';
import { ALARMS_TEXTS } from './alarms-texts.js';
import { COLUMNS, sorted, type Column, type Sorting } from './sorting.js';
import type { StandingAlarms } from './use-standing-alarms.js';

interface Props {
  readonly alarms: StandingAlarms;
  /** That nothing is shown does not mean that there is nothing. */
  readonly isFiltered: boolean;
  readonly names: ReadonlyMap<string, string>;
  readonly chosen: ReadonlySet<string>;
  readonly sorting: Sorting;
  readonly nowMs: number;
  readonly actions: RowActions & { readonly chooseAll: (alarms: readonly AlarmSummary[], isChosen: boolean) => void; readonly sort: (column: Column) => void };
}

/** The standing alarms: what nobody has acknowledged first. */
export function AlarmTable({ alarms, isFiltered, names, chosen, sorting, nowMs, actions }: Props) {
  const general = useTexts();
  const texts = useTextsOf(ALARMS_TEXTS);
  const { unacknowledged, acknowledged } = alarms;
  if (unacknowledged === null || acknowledged === null) return <p class="empty">{general.loading}</p>;
  const group = (title: string, none: string, some: SomeAlarms, testId: string) => (
    <Group title={title} none={isFiltered ? texts.noneFiltered : none} isCalm={!isFiltered && testId === 'unacknowledged'} some={some} chosen={chosen} testId={testId} onChooseAll={actions.chooseAll}>
      {sorted(some.alarms, sorting, names).map((alarm) => (
        <AlarmRow key={alarm.alarmId} alarm={alarm} customer={names.get(alarm.sensorId) ?? ''} isChosen={chosen.has(alarm.alarmId)} nowMs={nowMs} actions={actions} />
      ))}
    </Group>
  );
  return (
    <table class="standing" data-testid="standing">
      <thead>
        <tr>
          <td class="check" />
          {COLUMNS.map((column) => (
            <th key={column} scope="col" class={column} aria-sort={sortOf(column, sorting)}>
              <button type="button" onClick={() => actions.sort(column)}>
                {texts.columns[column]}
              </button>
            </th>
          ))}
          <th scope="col" class="actions">
            <span class="unseen">{texts.columns.actions}</span>
          </th>
        </tr>
      </thead>
      {group(texts.unacknowledged, texts.allSeen, unacknowledged, 'unacknowledged')}
      {(acknowledged.total > 0 || unacknowledged.total > 0) && group(texts.acknowledged, texts.noneSeen, acknowledged, 'acknowledged')}
    </table>
  );
}

/** The newest first is descending by time. */
function sortOf(column: Column, sorting: Sorting): 'none' | 'ascending' | 'descending' {
  if (sorting.column !== column) return 'none';
  return sorting.isDescending === (column === 'age') ? 'ascending' : 'descending';
}

interface GroupProps {
  readonly title: string;
  readonly none: string;
  readonly isCalm: boolean;
  readonly some: SomeAlarms;
  readonly chosen: ReadonlySet<string>;
  readonly testId: string;
  readonly onChooseAll: (alarms: readonly AlarmSummary[], isChosen: boolean) => void;
  readonly children: ComponentChildren;
}

function Group({ title, none, isCalm, some, chosen, testId, onChooseAll, children }: GroupProps) {
  const general = useTexts();
  const texts = useTextsOf(ALARMS_TEXTS);
  const { alarms, total } = some;
  const areAll = alarms.length > 0 && alarms.every(({ alarmId }) => chosen.has(alarmId));
  return (
    <tbody data-testid={testId}>
      <tr class="group">
        <td class="check">
          {alarms.length > 0 && (
            <label>
              <input type="checkbox" checked={areAll} aria-label={texts.selectAll(title)} onChange={(event) => onChooseAll(alarms, event.currentTarget.checked)} />
            </label>
          )}
        </td>
        <th scope="rowgroup" colSpan={COLUMNS.length + 1}>
          {title} <span class="count">{alarms.length < total ? general.showing(String(alarms.length), String(total)) : total}</span>
        </th>
      </tr>
      {alarms.length === 0 ? (
        <tr>
          <td colSpan={COLUMNS.length + 2} class={`empty ${isCalm ? 'calm' : ''}`}>
            {none}
          </td>
        </tr>
      ) : (
        children
      )}
    </tbody>
  );
}
