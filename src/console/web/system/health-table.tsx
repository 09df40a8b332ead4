import { useState } from 'preact/hooks';
import type { HealthAnswer } from '../api.js';
import { useFormats } from '../format.js';
import { useMay } from '../session.js';
import { useTexts, useTextsOf } from '../texts.js';
import { AskDialog } from './ask-dialog.js';
import { useDetailText } from './health-details.js';
import { operateLong } from './operations.js';
import { SYSTEM_TEXTS } from './system-texts.js';

const PROJECTION = /^projection ([a-z][a-z-]*)$/;

/** Each part of the system, how it is and how far it is behind; read models can be built anew. */
export function HealthTable({ health, onDone }: { health: HealthAnswer | 'unknown' | null; onDone: (message: string) => void }) {
  const general = useTexts();
  const texts = useTextsOf(SYSTEM_TEXTS);
  const formats = useFormats();
  const detailText = useDetailText();
  const [asking, setAsking] = useState<string | null>(null);
  const mayRebuild = useMay('administrator');
  return (
    <section class="panel wide" aria-label={texts.title}>
      <div class="panel-head">
        <h2>{texts.title}</h2>
        {health !== null && <span class={`state ${health === 'unknown' || health.status === 'down' ? 'open' : health.status === 'degraded' ? 'is-warn' : ''}`}>{general.health[health === 'unknown' ? 'unknown' : health.status]}</span>}
      </div>
      {health === null || health === 'unknown' ? (
        <p class="empty">{health === null ? general.loading : texts.noAnswer}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="group" aria-label={texts.title}>
          <table class="plain" data-testid="health-table">
            <thead>
              <tr>
                <th scope="col">{texts.part}</th>
                <th scope="col">{texts.state}</th>
                <th scope="col">{texts.lag}</th>
                <th scope="col">{texts.detail}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {health.parts.map(({ name, status, detail, lagEvents, lagSeconds }) => {
                const projection = PROJECTION.exec(name)?.[1];
                const lag = [
                  lagEvents ? general.lagEvents(formats.number(lagEvents)) : '',
                  lagSeconds && lagSeconds >= 1 ? general.lagSeconds(formats.number(Math.round(lagSeconds))) : '',
                ].filter((text) => text !== '');
                return (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td>
                      <span class={`part-state ${status}`}>
                        <i aria-hidden="true" /> {general.health[status]}
                      </span>
                    </td>
                    <td>{lag.length === 0 ? '–' : lag.join(', ')}</td>
                    <td class="text">{detailText(detail)}</td>
                    <td class="end">
                      {mayRebuild && projection !== undefined && (
                        <button type="button" class="button is-quiet" aria-label={texts.rebuildOf(projection)} onClick={() => setAsking(projection)}>
                          {texts.rebuild}
                        </button>
                      )}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {asking !== null && (
        <AskDialog
          title={texts.rebuildTitle(asking)}
          explained={texts.rebuildExplained}
          verb={texts.rebuild}
          run={async (tell) => {
            const { events } = await operateLong<{ events: number }>(`/api/operations/projections/${asking}/rebuild`, tell);
            return texts.rebuilt(asking, formats.number(events));
          }}
          onDone={onDone}
          onClose={() => setAsking(null)}
        />
      )}
    </section>
  );
}
