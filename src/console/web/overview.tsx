import { useMemo, useRef, useState } from 'preact/hooks';
import { AlarmListPanel } from './alarm-list.js';
import { Figures } from './figures.js';
import { CellSensors } from './map/cell-sensors.js';
import { MapPanel } from './map/map-panel.js';
import { MinuteChart } from './minute-chart.js';
import { filterOf, searchOf, type AlarmFilter } from './open-alarms.js';
import { useTexts } from './texts.js';
import { useOverviewData } from './use-overview-data.js';
import type { SystemData } from './use-system-data.js';

const PAGE = 100;

/** Cells of about 1,250 km for the world, of 156 km for a zone. */
export const WORLD_PREFIX = 2;
const ZONE_PREFIX = 3;

/** The moment at a glance: figures, map, open alarms, the last hour. */
export function OverviewPage({ system, onShow }: { system: SystemData; onShow: (alarmId: string) => void }) {
  const [filter, setFilter] = useState(() => filterOf(location.search));
  const { zone, cell } = filter;
  const [wanted, setWanted] = useState(PAGE);
  const data = useOverviewData(filter, wanted, zone === null ? WORLD_PREFIX : ZONE_PREFIX);
  const texts = useTexts();
  const latest = useRef(filter);
  const actions = useMemo(
    () => ({
      choose: (part: Partial<AlarmFilter>) => {
        latest.current = { ...latest.current, ...part };
        // Not when it is first shown: its address may then be that of an alarm over it.
        history.replaceState(null, '', `/${searchOf(latest.current)}`);
        setFilter(latest.current);
        setWanted(PAGE);
      },
      more: () => setWanted((before) => before + PAGE),
    }),
    [],
  );
  return (
    <main tabIndex={-1} class={`overview ${system.live === 'stale' ? 'is-stale' : ''}`}>
      <Figures data={data} openTotal={system.openTotal} zone={zone} />
      <MapPanel map={data.map} filter={filter} onChoose={actions.choose}>
        {cell !== null && <CellSensors key={`${zone} ${cell}`} cell={cell} zone={zone} />}
      </MapPanel>
      <AlarmListPanel data={data} nowMs={system.nowMs} filter={filter} onChoose={actions.choose} onShow={onShow} onMore={actions.more} />
      <MinuteChart counts={data.counts} nowMs={system.nowMs} isBesideZone={zone !== null} />
      {data.hasFailed && (
        <p class="toast" role="status">
          {texts.failed}
        </p>
      )}
    </main>
  );
}
