import { useMemo, useState } from 'preact/hooks';
import { AlarmListPanel } from './alarm-list.js';
import { Figures } from './figures.js';
import { MinuteChart } from './minute-chart.js';
import { NO_FILTER } from './open-alarms.js';
import { useTexts } from './texts.js';
import { useOverviewData } from './use-overview-data.js';
import type { SystemData } from './use-system-data.js';
import { MapPanel } from './world-map.js';

const PAGE = 100;

/** Cells of about 1,250 km for the world, of 156 km for a zone. */
export const WORLD_PREFIX = 2;
const ZONE_PREFIX = 3;

/** The moment at a glance: figures, map, open alarms, the last hour. */
export function OverviewPage({ system, onShow }: { system: SystemData; onShow: (alarmId: string) => void }) {
  const [filter, setFilter] = useState(NO_FILTER);
  const [wanted, setWanted] = useState(PAGE);
  const data = useOverviewData(filter, wanted, filter.zone === null ? WORLD_PREFIX : ZONE_PREFIX);
  const texts = useTexts();
  const actions = useMemo(
    () => ({
      choose: (part: Partial<typeof filter>) => {
        setFilter((before) => ({ ...before, ...part }));
        setWanted(PAGE);
      },
      more: () => setWanted((before) => before + PAGE),
    }),
    [],
  );
  return (
    <main tabIndex={-1} class={`overview ${system.live === 'stale' ? 'is-stale' : ''}`}>
      <Figures data={data} openTotal={system.openTotal} zone={filter.zone} />
      <MapPanel map={data.map} filter={filter} onChoose={actions.choose} />
      <AlarmListPanel data={data} nowMs={system.nowMs} filter={filter} onChoose={actions.choose} onShow={onShow} onMore={actions.more} />
      <MinuteChart counts={data.counts} nowMs={system.nowMs} />
      {data.hasFailed && (
        <p class="toast" role="status">
          {texts.failed}
        </p>
      )}
    </main>
  );
}
