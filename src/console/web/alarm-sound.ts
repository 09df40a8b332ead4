/** Two short tones, the second higher. */
const TONES = [
  { hertz: 660, atSeconds: 0 },
  { hertz: 880, atSeconds: 0.18 },
] as const;
const TONE_SECONDS = 0.16;
const LOUDNESS = 0.18;

/** In a storm it would else be one long tone. */
const QUIET_MS = 3000;

const KEPT = 'muted';

/**
 * To open the browser's sound takes a tenth of a second or more, in which a page answers nothing: it is done when the page has nothing to do, not
 * when somebody first touches it. Safari has no idle callback.
 */
function whenIdle(run: () => void): void {
  if (typeof window.requestIdleCallback === 'function') window.requestIdleCallback(run);
  else setTimeout(run, 1000);
}

/** The sound of a new alarm, made by the browser itself. It gives none before somebody has touched the page: browsers allow no other. */
export class AlarmSound {
  private context: AudioContext | null = null;
  private lastMs = -Infinity;
  private tell: (isWaiting: boolean) => void = () => undefined;
  isMuted = localStorage.getItem(KEPT) === 'yes';

  constructor() {
    whenIdle(() => {
      const context = new AudioContext();
      this.context = context;
      context.onstatechange = () => this.tell(this.isWaiting);
      this.tell(this.isWaiting);
    });
    const allow = () => void this.context?.resume();
    for (const kind of ['pointerdown', 'keydown']) window.addEventListener(kind, allow);
  }

  /** Whether it waits for somebody to touch the page. */
  get isWaiting(): boolean {
    return this.context !== null && this.context.state !== 'running';
  }

  /** Calls back whenever that may be another. */
  follow(tell: (isWaiting: boolean) => void): void {
    this.tell = tell;
    tell(this.isWaiting);
  }

  mute(isMuted: boolean): void {
    this.isMuted = isMuted;
    localStorage.setItem(KEPT, isMuted ? 'yes' : 'no');
  }

  ring(): void {
    const { context } = this;
    // What is begun while nobody has touched the page would all sound at the first touch.
    if (this.isMuted || context?.state !== 'running' || performance.now() - this.lastMs < QUIET_MS) return;
    this.lastMs = performance.now();
    for (const { hertz, atSeconds } of TONES) {
      const start = context.currentTime + atSeconds;
      const loudness = context.createGain();
      // Without a slope a tone begins and ends with a click.
      loudness.gain.setValueAtTime(0, start);
      loudness.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
      loudness.gain.linearRampToValueAtTime(0, start + TONE_SECONDS);
      const tone = context.createOscillator();
      tone.frequency.value = hertz;
      tone.connect(loudness).connect(context.destination);
      tone.start(start);
      tone.stop(start + TONE_SECONDS);
    }
  }
}
