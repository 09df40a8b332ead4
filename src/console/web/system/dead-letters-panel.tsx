import { useState } from 'preact/hooks';
import type { DeadLetter } from '../api.js';
import { CountedTitle } from '../counted-title.js';
import { useFormats } from '../format.js';
import type { Some } from '../load-some.js';
import { selectionWith } from '../selection.js';
import { useMay } from '../session.js';
import { ShowMore } from '../show-more.js';
import { useTexts, useTextsOf } from '../texts.js';
import { AskDialog } from './ask-dialog.js';
import { operate } from './operations.js';
import { SYSTEM_TEXTS } from './system-texts.js';

interface Props {
  readonly letters: Some<DeadLetter> | null;
  readonly onDone: (message: string) => void;
  readonly onMore: () => void;
}

/** As many as one command takes. */
const AT_ONCE = 1000;

/** Records that could not be read: to be replayed, once what was wrong is mended, or dropped. */
export function DeadLettersPanel({ letters, onDone, onMore }: Props) {
  const general = useTexts();
  const texts = useTextsOf(SYSTEM_TEXTS);
  const formats = useFormats();
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<'replay' | 'drop' | null>(null);
  const mayDecide = useMay('administrator');
  const items = letters?.items ?? [];
  const chosen = items.filter(({ id }) => selection.has(id)).map(({ id }) => id);
  const choose = (ids: readonly string[], areIn: boolean) => setSelection((before) => selectionWith(before, ids, areIn));
  return (
    <section class="panel wide" aria-label={texts.deadLetters} data-testid="dead-letters">
      <div class="panel-head">
        <CountedTitle title={texts.deadLetters} total={letters?.total ?? null} />
        {mayDecide && items.length > 0 && (
          <>
            <span class="muted">{texts.chosen(chosen.length)}</span>
            <button type="button" class="button" disabled={chosen.length === 0} onClick={() => setAsking('replay')}>
              {texts.replay}
            </button>
            <button type="button" class="button" disabled={chosen.length === 0} onClick={() => setAsking('drop')}>
              {texts.drop}
            </button>
          </>
        )}
      </div>
      {letters === null ? (
        <p class="empty">{general.loading}</p>
      ) : items.length === 0 ? (
        <p class="empty calm">{texts.noDeadLetters}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="group" aria-label={texts.deadLetters}>
          <table class="plain">
            <thead>
              <tr>
                <td class="check">
                  <label>
                    <input type="checkbox" aria-label={texts.selectAll} checked={chosen.length === items.length} onChange={(event) => choose(items.map(({ id }) => id), event.currentTarget.checked)} />
                  </label>
                </td>
                <th scope="col">{texts.record}</th>
                <th scope="col">{texts.received}</th>
                <th scope="col">{texts.reason}</th>
                <th scope="col">{texts.content}</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ id, source, receivedAt, reason, valueBase64 }) => {
                const record = `${source.topic}-${source.partition}:${source.offset}`;
                return (
                  <tr key={id}>
                    <td class="check">
                      <label>
                        <input type="checkbox" aria-label={texts.select(record)} checked={selection.has(id)} onChange={(event) => choose([id], event.currentTarget.checked)} />
                      </label>
                    </td>
                    <td>{record}</td>
                    <td>{formats.dateTime(receivedAt)}</td>
                    <td class="text">{reason}</td>
                    <td class="text">{valueBase64 === null ? <i>{texts.empty}</i> : <code>{textOf(valueBase64)}</code>}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {letters !== null && <ShowMore shown={items.length} total={letters.total} onMore={onMore} />}
      {asking !== null && (
        <AskDialog
          title={asking === 'replay' ? texts.replayTitle(chosen.length) : texts.dropTitle(chosen.length)}
          explained={asking === 'replay' ? texts.replayExplained : texts.dropExplained}
          verb={texts[asking]}
          run={async (tell) => {
            let done = 0;
            for (let at = 0; at < chosen.length; at += AT_ONCE) {
              tell({ done, of: chosen.length });
              done += (await operate<{ count: number }>(`/api/operations/dead-letters/${asking}`, { ids: chosen.slice(at, at + AT_ONCE) })).count;
            }
            return (asking === 'replay' ? texts.replayed : texts.dropped)(formats.number(done));
          }}
          onDone={onDone}
          onClose={() => setAsking(null)}
        />
      )}
    </section>
  );
}

/** A record may be of any length and any bytes. */
const MOST_SHOWN = 300;

function textOf(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const text = new TextDecoder().decode(bytes.subarray(0, MOST_SHOWN));
  return bytes.length > MOST_SHOWN ? `${text}…` : text;
}
