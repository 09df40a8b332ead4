import { useEffect, useState } from 'preact/hooks';
import { localSeconds, useFormats } from '../format.js';
import { useTextsOf } from '../texts.js';
import { SPEEDS, type Speed } from './audit-choice.js';
import { AUDIT_TEXTS } from './audit-texts.js';
import { usePlayback } from './use-playback.js';

/** Steps of the slider over the whole range. */
const STEPS = 1000;

interface Props {
  /** The range of the slider; the end is now. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly atMs: number;
  readonly speed: Speed;
  /** What the buttons of single steps do; null when there is no step that way. */
  readonly previous: { readonly label: string; readonly go: () => void } | null;
  readonly next: { readonly label: string; readonly go: () => void } | null;
  readonly stepLabels: { readonly previous: string; readonly next: string };
  readonly onTime: (ms: number | null) => void;
  readonly onSpeed: (speed: Speed) => void;
}

/** A moment of the past: by a slider, as a time, step by step, or played. */
export function TimeControls({ fromMs, toMs, atMs, speed, previous, next, stepLabels, onTime, onSpeed }: Props) {
  const texts = useTextsOf(AUDIT_TEXTS);
  const formats = useFormats();
  const [isPlaying, setPlaying] = useState(false);
  usePlayback(isPlaying, atMs, speed, (ms) => {
    if (ms >= toMs) setPlaying(false);
    onTime(ms >= toMs ? null : Math.round(ms));
  });
  const stop = (then: () => void) => () => {
    setPlaying(false);
    then();
  };
  return (
    <div class="time-controls">
      <input
        type="range"
        min={fromMs}
        max={Math.max(toMs, fromMs + 1)}
        step={Math.max(1, Math.floor((toMs - fromMs) / STEPS))}
        value={atMs}
        aria-label={texts.slider}
        aria-valuetext={formats.dateTime(new Date(atMs).toISOString())}
        onInput={(event) => {
          setPlaying(false);
          onTime(Number(event.currentTarget.value));
        }}
        data-testid="time-slider"
      />
      <div class="steps">
        <button type="button" class="button" aria-label={texts.first} title={texts.first} onClick={stop(() => onTime(fromMs))} data-testid="step-first">
          |◀
        </button>
        <button type="button" class="button" aria-label={stepLabels.previous} title={stepLabels.previous} disabled={previous === null} onClick={stop(() => previous?.go())} data-testid="step-previous">
          ◀
        </button>
        <button type="button" class="button is-main play" onClick={() => setPlaying(!isPlaying)} data-testid="play">
          {isPlaying ? texts.pause : texts.play}
        </button>
        <button type="button" class="button" aria-label={stepLabels.next} title={stepLabels.next} disabled={next === null} onClick={stop(() => next?.go())} data-testid="step-next">
          ▶
        </button>
        <button type="button" class="button" onClick={stop(() => onTime(null))} data-testid="step-now">
          {texts.now}
        </button>
        <label>
          {texts.speed}{' '}
          <select value={String(speed)} onChange={(event) => onSpeed(Number(event.currentTarget.value) as Speed)} data-testid="speed">
            {SPEEDS.map((each) => (
              <option key={each} value={String(each)}>
                {texts.times(formats.number(each))}
              </option>
            ))}
          </select>
        </label>
        <MomentField atMs={atMs} isPlaying={isPlaying} onTime={(ms) => stop(() => onTime(ms))()} />
      </div>
    </div>
  );
}

/** The moment as a time to be read, and to be written. */
function MomentField({ atMs, isPlaying, onTime }: { atMs: number; isPlaying: boolean; onTime: (ms: number) => void }) {
  const texts = useTextsOf(AUDIT_TEXTS);
  const [text, setText] = useState('');
  useEffect(() => setText(localSeconds(atMs)), [Math.floor(atMs / 1000)]);
  return (
    <label class="moment">
      {texts.time}{' '}
      <input
        type="datetime-local"
        step="1"
        value={text}
        readOnly={isPlaying}
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={(event) => {
          const ms = Date.parse(event.currentTarget.value);
          if (!Number.isNaN(ms)) onTime(ms);
        }}
        data-testid="moment"
      />
    </label>
  );
}
