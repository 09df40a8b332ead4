import { useEffect, useState } from 'preact/hooks';
import { useTextsOf } from '../texts.js';
import { isUsable, PRESETS, presetOf, type HistoryRange, type Preset } from './history-range.js';
import { HISTORY_TEXTS } from './history-texts.js';

interface Props {
  readonly range: HistoryRange;
  readonly bounds: { readonly fromMs: number; readonly toMs: number };
  readonly onRange: (range: HistoryRange) => void;
}

/** A range up to now by one click, or any by its ends. */
export function RangeForm({ range, bounds, onRange }: Props) {
  const texts = useTextsOf(HISTORY_TEXTS);
  const [written, setWritten] = useState<{ readonly from: string; readonly to: string } | null>(null);
  const [isBad, setBad] = useState(false);
  // What is being written stays, while the bounds of a range that ends now move on, until another range is chosen.
  useEffect(() => {
    setWritten(null);
    setBad(false);
  }, [range]);
  const ends = written ?? { from: localTime(bounds.fromMs), to: localTime(bounds.toMs) };
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = { fromMs: Date.parse(ends.from), toMs: Date.parse(ends.to) };
        if (isUsable(wanted)) onRange(wanted);
        setBad(!isUsable(wanted));
      }}
    >
      <div class="presets" role="group" aria-label={texts.preset}>
        {(Object.keys(PRESETS) as Preset[]).map((preset) => (
          <button key={preset} type="button" class="chip" aria-pressed={presetOf(range) === preset} onClick={() => onRange({ lengthMs: PRESETS[preset] })}>
            {texts.presets[preset]}
          </button>
        ))}
      </div>
      <label>
        {texts.from} <input type="datetime-local" required value={ends.from} onInput={(event) => setWritten({ ...ends, from: event.currentTarget.value })} data-testid="from" />
      </label>
      <label>
        {texts.to} <input type="datetime-local" required value={ends.to} onInput={(event) => setWritten({ ...ends, to: event.currentTarget.value })} data-testid="to" />
      </label>
      <button type="submit" class="button">
        {texts.show}
      </button>
      <span role="alert" class="bad">
        {isBad ? texts.badRange : ''}
      </span>
    </form>
  );
}

/** As an input of type datetime-local takes it, in the browser's own zone. */
function localTime(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
