import type { HealthStatus } from './api.js';
import { useFormats } from './format.js';
import { Wordmark } from './icons.js';
import { LANGUAGES, useTexts, type Language } from './texts.js';
import type { ConsoleData } from './use-console-data.js';

export function Header({ data, onLanguage }: { data: ConsoleData; onLanguage: (language: Language) => void }) {
  const texts = useTexts();
  const formats = useFormats();
  const { live, lastSignalAt } = data;
  return (
    <>
      <header>
        <Wordmark />
        <h1>
          Vigía <small>{texts.title}</small>
        </h1>
        <span class={`live ${live}`} data-testid="live">
          <i aria-hidden="true" />
          <span>{live === 'live' ? texts.live : live === 'stale' ? texts.stale : texts.connecting}</span>
        </span>
        <HealthMenu health={data.health} />
        <nav aria-label={texts.language} class="languages">
          {LANGUAGES.map((language) => (
            <button key={language} type="button" lang={language} aria-pressed={texts.language === (language === 'es' ? 'Idioma' : 'Language')} onClick={() => onLanguage(language)}>
              {language.toUpperCase()}
            </button>
          ))}
        </nav>
      </header>
      {live === 'stale' && (
        <p class="banner" role="alert">
          {texts.staleBanner(lastSignalAt === null ? '—' : formats.time(lastSignalAt))}
        </p>
      )}
    </>
  );
}

function HealthMenu({ health }: { health: ConsoleData['health'] }) {
  const texts = useTexts();
  const formats = useFormats();
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
                    detail,
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
