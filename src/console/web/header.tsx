import type { HealthStatus, Session } from './api.js';
import { useFormats } from './format.js';
import { BellIcon, ScreenIcon, Wordmark } from './icons.js';
import { Link, MENU_PAGES, type Place } from './router.js';
import { Languages } from './languages.js';
import { useDetailText } from './system/health-details.js';
import { useTexts, type Language } from './texts.js';
import { UserMenu } from './user-menu.js';
import type { SystemData } from './use-system-data.js';

interface Props {
  readonly data: SystemData;
  readonly place: Place;
  readonly isMuted: boolean;
  /** No alarm can be heard before somebody touches the page. */
  readonly isSoundWaiting: boolean;
  readonly onMute: (isMuted: boolean) => void;
  readonly onLanguage: (language: Language) => void;
  readonly onSession: (session: Session) => void;
}

export function Header({ data, place, isMuted, isSoundWaiting, onMute, onLanguage, onSession }: Props) {
  const texts = useTexts();
  const formats = useFormats();
  const { live, lastSignalAt, unacknowledged, shelved } = data;
  return (
    <>
      <header>
        <Wordmark />
        <h1>
          Vigía <small>{texts.title}</small>
        </h1>
        <nav class="pages" aria-label={texts.pages}>
          {MENU_PAGES.map((page) => (
            <Link key={page} to={{ page }} isCurrent={place.page === page}>
              {texts[page]}
              {page === 'alarms' && unacknowledged !== null && unacknowledged > 0 && (
                <b class="badge" title={texts.unacknowledged} data-testid="unacknowledged-badge">
                  <span aria-hidden="true">{formats.number(unacknowledged)}</span>
                  <span class="unseen">{texts.unacknowledgedCount(formats.number(unacknowledged))}</span>
                </b>
              )}
            </Link>
          ))}
        </nav>
        <ShelvedCount shelved={shelved} />
        <LiveSign live={live} />
        <HealthMenu health={data.health} />
        <Link to={{ page: 'wall' }} class="bell wall-link" label={texts.wall}>
          <ScreenIcon />
        </Link>
        <button
          type="button"
          class={`bell ${isMuted ? 'is-muted' : isSoundWaiting ? 'is-waiting' : ''}`}
          aria-pressed={!isMuted}
          aria-label={texts.sound}
          title={isMuted ? texts.soundOff : isSoundWaiting ? texts.soundWaits : texts.soundOn}
          onClick={() => onMute(!isMuted)}
        >
          <BellIcon isMuted={isMuted} />
        </button>
        <UserMenu onSession={onSession} />
        <Languages onLanguage={onLanguage} />
      </header>
      <StaleBanner live={live} lastSignalAt={lastSignalAt} />
    </>
  );
}

/** Always in sight while a sensor is shelved. */
export function ShelvedCount({ shelved }: Pick<SystemData, 'shelved'>) {
  const texts = useTexts();
  const formats = useFormats();
  if (shelved === null || shelved === 0) return null;
  return (
    <Link to={{ page: 'alarms' }} class="shelved-count">
      {texts.shelvedCount(formats.number(shelved))}
    </Link>
  );
}

export function LiveSign({ live }: Pick<SystemData, 'live'>) {
  const texts = useTexts();
  return (
    <span class={`live ${live}`} data-testid="live">
      <i aria-hidden="true" />
      <span>{live === 'live' ? texts.live : live === 'stale' ? texts.stale : texts.connecting}</span>
    </span>
  );
}

/** Above everything, as long as what is shown may be old. */
export function StaleBanner({ live, lastSignalAt }: Pick<SystemData, 'live' | 'lastSignalAt'>) {
  const texts = useTexts();
  const formats = useFormats();
  if (live !== 'stale') return null;
  return (
    <p class="banner" role="alert">
      {texts.staleBanner(lastSignalAt === null ? '—' : formats.time(lastSignalAt))}
    </p>
  );
}

export function HealthMenu({ health }: { health: SystemData['health'] }) {
  const texts = useTexts();
  const formats = useFormats();
  const detailText = useDetailText();
  if (health === null) return null;
  const status: HealthStatus | 'unknown' = health === 'unknown' ? 'unknown' : health.status;
  return (
    <details class={`health ${status}`} data-testid="health">
      <summary>
        <i aria-hidden="true" />
        {texts.health[status]}
      </summary>
      {health !== 'unknown' && (
        <div class="menu">
          <h2>{texts.parts}</h2>
          <ul>
            {health.parts.map(({ name, status: part, detail, lagEvents, lagSeconds }) => (
              <li key={name} class={part}>
                <i aria-hidden="true" />
                <b>{name}</b>
                <span>{texts.health[part]}</span>
                <small>
                  {[
                    detailText(detail),
                    lagEvents ? texts.lagEvents(formats.number(lagEvents)) : '',
                    lagSeconds && lagSeconds >= 1 ? texts.lagSeconds(formats.number(Math.round(lagSeconds))) : '',
                  ]
                    .filter((text) => text !== '')
                    .join(' · ')}
                </small>
              </li>
            ))}
          </ul>
        </div>
      )}
    </details>
  );
}
