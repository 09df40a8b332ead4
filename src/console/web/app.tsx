import { useEffect, useMemo, useState } from 'preact/hooks';
import { AlarmDetailsDialog } from './alarm-details.js';
import { AlarmListPanel } from './alarm-list.js';
import { Figures } from './figures.js';
import { Header } from './header.js';
import { MinuteChart } from './minute-chart.js';
import { NO_FILTER } from './open-alarms.js';
import { firstLanguage, LanguageContext, TEXTS, type Language } from './texts.js';
import { useConsoleData } from './use-console-data.js';
import { MapPanel } from './world-map.js';

const PAGE = 100;

/** Cells of about 1,250 km for the world, of 156 km for a zone. */
const WORLD_PREFIX = 2;
const ZONE_PREFIX = 3;

export function App() {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const [filter, setFilter] = useState(NO_FILTER);
  const [wanted, setWanted] = useState(PAGE);
  const [shown, setShown] = useState(alarmOfAddress);
  const data = useConsoleData(filter, wanted, filter.zone === null ? WORLD_PREFIX : ZONE_PREFIX);
  const texts = TEXTS[language];

  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem('language', language);
  }, [language]);
  useEffect(() => {
    document.title = data.openTotal ? `(${data.openTotal}) Vigía` : 'Vigía';
  }, [data.openTotal]);

  useEffect(() => history.replaceState(null, '', shown === null ? '/' : `/alarms/${shown}`), [shown]);

  const actions = useMemo(
    () => ({
      choose: (part: Partial<typeof filter>) => {
        setFilter((before) => ({ ...before, ...part }));
        setWanted(PAGE);
      },
      more: () => setWanted((before) => before + PAGE),
      close: () => setShown(null),
    }),
    [],
  );

  return (
    <LanguageContext.Provider value={language}>
      <Header data={data} onLanguage={setLanguage} />
      <main class={data.live === 'stale' ? 'is-stale' : ''}>
        <Figures data={data} zone={filter.zone} />
        <MapPanel map={data.map} filter={filter} onChoose={actions.choose} />
        <AlarmListPanel data={data} filter={filter} onChoose={actions.choose} onShow={setShown} onMore={actions.more} />
        <MinuteChart counts={data.counts} nowMs={data.nowMs} />
      </main>
      {shown !== null && <AlarmDetailsDialog key={shown} alarmId={shown} changed={data.alarms?.find(({ alarmId }) => alarmId === shown)} onClose={actions.close} />}
      {data.hasFailed && (
        <p class="toast" role="status">
          {texts.failed}
        </p>
      )}
    </LanguageContext.Provider>
  );
}

/** The alarm whose address the page was opened at, as from an e-mail. */
function alarmOfAddress(): string | null {
  return /^\/alarms\/([0-9a-f-]{36})$/.exec(location.pathname)?.[1] ?? null;
}
