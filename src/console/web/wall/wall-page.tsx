import { AlarmListPanel } from '../alarm-list.js';
import { Figures } from '../figures.js';
import { useFormats } from '../format.js';
import { HealthMenu, LiveSign, ShelvedCount, StaleBanner } from '../header.js';
import { Wordmark } from '../icons.js';
import { MapPanel } from '../map/map-panel.js';
import { MinuteChart } from '../minute-chart.js';
import { NO_FILTER } from '../open-alarms.js';
import { Link } from '../router.js';
import { useTexts } from '../texts.js';
import { useOverviewData } from '../use-overview-data.js';
import type { SystemData } from '../use-system-data.js';
import { WORLD_PREFIX } from '../overview.js';
import './wall.css';

/** More than a wall has room for. */
const LISTED = 40;

/** The moment at a glance for a screen that everybody sees and nobody touches: no scrolling, larger with the screen. */
export function WallPage({ system, onShow }: { system: SystemData; onShow: (alarmId: string) => void }) {
  const texts = useTexts();
  const formats = useFormats();
  const data = useOverviewData(NO_FILTER, LISTED, WORLD_PREFIX);
  const now = new Date(system.nowMs);
  return (
    <div class="wall-screen">
      <header>
        <Wordmark />
        <h1>Vigía</h1>
        <ShelvedCount shelved={system.shelved} />
        <LiveSign live={system.live} />
        <HealthMenu health={system.health} />
        <time dateTime={now.toISOString()} class="wall-clock" data-testid="wall-clock">
          {formats.minute(now)} <small>{formats.day(now)}</small>
        </time>
        <Link to={{ page: 'overview' }} class="bell" label={texts.overview}>
          <span aria-hidden="true">×</span>
        </Link>
      </header>
      <StaleBanner live={system.live} lastSignalAt={system.lastSignalAt} />
      <main tabIndex={-1} class={`wall ${system.live === 'stale' ? 'is-stale' : ''}`}>
        <Figures data={data} openTotal={system.openTotal} zone={null} unacknowledged={system.unacknowledged} />
        <MapPanel map={data.map} filter={NO_FILTER} onChoose={null} />
        <AlarmListPanel data={data} nowMs={system.nowMs} filter={NO_FILTER} onChoose={null} onShow={onShow} onMore={null} />
        <MinuteChart counts={data.counts} nowMs={system.nowMs} isLarge />
      </main>
    </div>
  );
}
