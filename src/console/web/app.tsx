import { Fragment } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { AlarmDetailsDialog } from './alarm-details.js';
import type { Session } from './api.js';
import { AlarmSound } from './alarm-sound.js';
import { AlarmsPage } from './alarms/alarms-page.js';
import { AuditPage } from './audit/audit-page.js';
import { Header } from './header.js';
import { HistoryPage } from './history/history-page.js';
import { KeyboardSheet, useKeysOfAllPages } from './keyboard/keyboard-sheet.js';
import { LiveContext, LiveHub } from './live-hub.js';
import { LoadPage } from './load/load-page.js';
import { LogIn } from './log-in.js';
import { OverviewPage } from './overview.js';
import { PrintHead } from './print-head.js';
import { addressOf, followAddress, pathOf, showOver } from './router.js';
import { SensorPage } from './sensor/sensor-page.js';
import { SystemPage } from './system/system-page.js';
import { useSession, UserContext } from './session.js';
import { firstLanguage, LanguageContext, useTexts, type Language } from './texts.js';
import { useSystemData } from './use-system-data.js';
import { WallPage } from './wall/wall-page.js';

/** The console, once it is known who uses it. */
export function App() {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const { session, hasEnded, put } = useSession();
  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem('language', language);
  }, [language]);
  return (
    <LanguageContext.Provider value={language}>
      {session === null ? null : session.user === null ? (
        <LogIn hasEnded={hasEnded} onSession={put} onLanguage={setLanguage} />
      ) : (
        <UserContext.Provider value={session.user}>
          <Console onSession={put} onLanguage={setLanguage} />
        </UserContext.Provider>
      )}
    </LanguageContext.Provider>
  );
}

interface Props {
  readonly onSession: (session: Session) => void;
  readonly onLanguage: (language: Language) => void;
}

function Console({ onSession, onLanguage }: Props) {
  const texts = useTexts();
  const [address, setAddress] = useState(() => addressOf(location.pathname));
  // Each visit mounts its page anew, also one by the browser's buttons to the page that is shown: a page reads its choice from its address when it is
  // mounted and from then on writes it there. So the address and what is shown are the same after any Back, without a second way from one to the other; what it costs is that
  // the page's data is read again.
  const [visit, setVisit] = useState(0);
  const hub = useMemo(() => new LiveHub(), []);
  const sound = useMemo(() => new AlarmSound(), []);
  const [isMuted, setMuted] = useState(sound.isMuted);
  const [isSoundWaiting, setSoundWaiting] = useState(false);
  useEffect(() => sound.follow(setSoundWaiting), [sound]);
  const system = useSystemData(hub, () => sound.ring());
  const { place, alarmId } = address;
  const [hasSheet, setSheet] = useState(false);
  useKeysOfAllPages(place, () => setSheet(true));

  useEffect(() => {
    document.title = system.unacknowledged ? `(${system.unacknowledged}) Vigía` : 'Vigía';
  }, [system.unacknowledged]);

  useEffect(
    () =>
      followAddress((to) => {
        setAddress(to);
        setVisit((before) => before + 1);
      }),
    [],
  );
  // The page under an alarm may have more in its address than its path.
  const under = useRef(pathOf(place));
  const show = (shown: string | null) => {
    if (alarmId === null) under.current = `${location.pathname}${location.search}`;
    setAddress((before) => ({ ...before, alarmId: shown }));
    if (shown === null) history.replaceState(null, '', under.current);
    else showOver(under.current, shown);
  };
  useEffect(() => {
    // A page that is changed to is where a keyboard or a screen reader goes on.
    if (visit > 0) document.querySelector('main')?.focus();
  }, [visit]);

  return (
    <LiveContext.Provider value={hub}>
      <PrintHead place={place} nowMs={system.nowMs} />
      {place.page !== 'wall' && (
        <Header
          data={system}
          place={place}
          isMuted={isMuted}
          isSoundWaiting={isSoundWaiting}
          onMute={(muted) => {
            sound.mute(muted);
            setMuted(muted);
          }}
          onLanguage={onLanguage}
          onSession={onSession}
        />
      )}
      <Fragment key={visit}>
        {place.page === 'overview' && <OverviewPage system={system} onShow={show} />}
        {place.page === 'alarms' && <AlarmsPage system={system} onShow={show} onSheet={() => setSheet(true)} />}
        {place.page === 'history' && <HistoryPage system={system} onShow={show} />}
        {place.page === 'load' && <LoadPage system={system} onShow={show} />}
        {place.page === 'audit' && <AuditPage system={system} onShow={show} />}
        {place.page === 'system' && <SystemPage system={system} onShow={show} />}
        {place.page === 'sensor' && <SensorPage sensorId={place.sensorId} system={system} onShow={show} />}
        {place.page === 'wall' && <WallPage system={system} onShow={show} />}
      </Fragment>
      {hasSheet && <KeyboardSheet onClose={() => setSheet(false)} />}
      {alarmId !== null && <AlarmDetailsDialog key={alarmId} alarmId={alarmId} onClose={() => show(null)} />}
      {system.hasFailed && (
        <p class="toast" role="status">
          {texts.failed}
        </p>
      )}
    </LiveContext.Provider>
  );
}
