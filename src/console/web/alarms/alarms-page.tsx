import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AlarmSummary } from '../api.js';
import { selectionWith } from '../selection.js';
import { useMay } from '../session.js';
import { useTexts, useTextsOf } from '../texts.js';
import type { SystemData } from '../use-system-data.js';
import { AcknowledgeDialog } from './acknowledge-dialog.js';
import { AlarmFilters } from './alarm-filters.js';
import { AlarmTable } from './alarm-table.js';
import './alarms.css';
import { ALARMS_TEXTS } from './alarms-texts.js';
import { useKeyboard } from './keyboard.js';
import { ShelveDialog, UnshelveDialog } from './shelve-dialog.js';
import { ShelvedPanel } from './shelved-panel.js';
import { sorted, type Column } from './sorting.js';
import { choiceOf, isFiltered, searchOf, type StandingFilter } from './standing-choice.js';
import { useCustomerNames } from './use-customer-names.js';
import { useStandingAlarms } from './use-standing-alarms.js';

const PAGE = 100;
const MESSAGE_MS = 6000;

type Asking =
  | { readonly what: 'acknowledge'; readonly alarms: readonly AlarmSummary[] }
  | { readonly what: 'shelve'; readonly sensorIds: readonly string[] }
  | { readonly what: 'unshelve'; readonly sensorId: string };

/** What operators work on: the alarms that stand, and the sensors that are shelved. */
export function AlarmsPage({ system, onShow, onSheet }: { system: SystemData; onShow: (alarmId: string) => void; onSheet: () => void }) {
  const general = useTexts();
  const texts = useTextsOf(ALARMS_TEXTS);
  const [choice, setChoice] = useState(() => choiceOf(location.search));
  const { filter, sorting } = choice;
  const search = searchOf(choice);
  useLayoutEffect(() => history.replaceState(null, '', `/alarms${search}`), [search]);
  const [wanted, setWanted] = useState(PAGE);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<Asking | null>(null);
  const [message, setMessage] = useState('');
  const data = useStandingAlarms(filter, sorting.column === 'age' && sorting.isDescending ? 'oldest' : 'newest', wanted);
  const mayOperate = useMay('operator');

  const loaded = useMemo(() => [...(data.unacknowledged?.alarms ?? []), ...(data.acknowledged?.alarms ?? [])], [data.unacknowledged, data.acknowledged]);
  const names = useCustomerNames([...loaded, ...(data.shelved?.items ?? [])].map(({ sensorId }) => sensorId));
  const shown = [data.unacknowledged, data.acknowledged].flatMap((some) => sorted(some?.alarms ?? [], sorting, names));
  // What no longer stands, or is filtered out, is not acted upon.
  const chosen = shown.filter(({ alarmId }) => selection.has(alarmId));
  const lastChosen = useRef<string | null>(null);

  const say = (text: string) => {
    setMessage(text);
    setSelection(new Set());
    data.refresh();
  };
  useEffect(() => {
    if (message === '') return undefined;
    const timer = setTimeout(() => setMessage(''), MESSAGE_MS);
    return () => clearTimeout(timer);
  }, [message]);

  const acknowledge = (alarms: readonly AlarmSummary[]) => {
    const unseen = alarms.filter(({ acknowledged }) => acknowledged === null);
    if (mayOperate && unseen.length > 0) setAsking({ what: 'acknowledge', alarms: unseen });
  };
  const shelve = (sensorIds: readonly string[]) => {
    if (mayOperate && sensorIds.length > 0) setAsking({ what: 'shelve', sensorIds: [...new Set(sensorIds)] });
  };
  const choose = (alarmId: string, isChosen: boolean, isRange: boolean) => {
    const ends = [alarmId, isRange ? lastChosen.current : alarmId].map((id) => shown.findIndex((alarm) => alarm.alarmId === id));
    const range = ends.includes(-1) ? [alarmId] : shown.slice(Math.min(...ends), Math.max(...ends) + 1).map((alarm) => alarm.alarmId);
    lastChosen.current = alarmId;
    setSelection((before) => selectionWith(before, range, isChosen));
  };
  const sort = (column: Column) => {
    setChoice((before) => ({ ...before, sorting: { column, isDescending: before.sorting.column === column && !before.sorting.isDescending } }));
  };
  const narrow = (part: Partial<StandingFilter>) => {
    setChoice((before) => ({ ...before, filter: { ...before.filter, ...part } }));
    setWanted(PAGE);
  };
  const orFocused = (alarmId: string | null) => (chosen.length > 0 ? chosen : shown.filter((alarm) => alarm.alarmId === alarmId));
  useKeyboard({
    toggle: (alarmId, isRange) => choose(alarmId, !selection.has(alarmId), isRange),
    open: onShow,
    acknowledge: (alarmId) => acknowledge(orFocused(alarmId)),
    shelve: (alarmId) => shelve(orFocused(alarmId).map(({ sensorId }) => sensorId)),
    none: () => setSelection(new Set()),
  });

  const isPart = [data.unacknowledged, data.acknowledged].some((some) => some !== null && some.alarms.length < some.total);
  const close = () => setAsking(null);
  return (
    <main tabIndex={-1} class={`page alarms-page ${system.live === 'stale' ? 'is-stale' : ''}`}>
      <ShelvedPanel
        shelved={data.shelved}
        names={names}
        nowMs={system.nowMs}
        onChange={(sensorId) => shelve([sensorId])}
        onUnshelve={(sensorId) => setAsking({ what: 'unshelve', sensorId })}
        onMore={data.moreShelved}
      />
      <section class="panel standing-panel" aria-label={texts.title}>
        <div class="panel-head">
          <h2>{texts.title}</h2>
          <span class="muted">{texts.explained}</span>
          <button type="button" class="button is-quiet keyboard-button" onClick={onSheet}>
            {texts.keyboard} <kbd>?</kbd>
          </button>
        </div>
        <AlarmFilters filter={filter} onFilter={narrow} />
        <div class="tools" role="group" aria-label={texts.columns.actions}>
          <span data-testid="chosen">{texts.chosen(chosen.length)}</span>
          {mayOperate && (
            <>
              <button type="button" class="button is-main" disabled={chosen.every(({ acknowledged }) => acknowledged !== null)} onClick={() => acknowledge(chosen)} data-testid="acknowledge-chosen">
                {texts.acknowledge}
              </button>
              <button type="button" class="button" disabled={chosen.length === 0} onClick={() => shelve(chosen.map(({ sensorId }) => sensorId))} data-testid="shelve-chosen">
                {texts.shelve}
              </button>
            </>
          )}
          {chosen.length > 0 && (
            <button type="button" class="button is-quiet" onClick={() => setSelection(new Set())}>
              {texts.unselect}
            </button>
          )}
          <span class="message" role="status">
            {message}
          </span>
        </div>
        <AlarmTable
          alarms={data}
          isFiltered={isFiltered(filter)}
          names={names}
          chosen={selection}
          sorting={sorting}
          nowMs={system.nowMs}
          actions={{
            choose,
            chooseAll: (alarms, isChosen) => setSelection((before) => selectionWith(before, alarms.map(({ alarmId }) => alarmId), isChosen)),
            sort,
            show: onShow,
            acknowledge: (alarm) => acknowledge([alarm]),
            shelve: (sensorId) => shelve([sensorId]),
          }}
        />
        {isPart && (
          <button type="button" class="more" onClick={() => setWanted((before) => before + PAGE)}>
            <span>{general.more}</span> {sorting.column !== 'age' && <small>{texts.sortedPart(String(loaded.length))}</small>}
          </button>
        )}
      </section>
      {asking?.what === 'acknowledge' && <AcknowledgeDialog alarms={asking.alarms} onDone={say} onClose={close} />}
      {asking?.what === 'shelve' && <ShelveDialog sensorIds={asking.sensorIds} onDone={say} onClose={close} />}
      {asking?.what === 'unshelve' && <UnshelveDialog sensorId={asking.sensorId} onDone={say} onClose={close} />}
      {data.hasFailed && (
        <p class="toast" role="status">
          {general.failed}
        </p>
      )}
    </main>
  );
}
