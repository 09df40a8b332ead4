import { useLayoutEffect, useRef } from 'preact/hooks';

const TICK_MS = 250;

/** Calls back with a later time four times a second while it plays; `fromMs` is where it is. */
export function usePlayback(isPlaying: boolean, fromMs: number, speed: number, onTime: (ms: number) => void): void {
  const latest = useRef({ fromMs, speed, onTime });
  latest.current = { fromMs, speed, onTime };
  // Ended with the rendering that ends it: a tick that comes between that and a later effect would move on from where somebody has just put the slider.
  useLayoutEffect(() => {
    if (!isPlaying) return undefined;
    let before = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      latest.current.onTime(latest.current.fromMs + (now - before) * latest.current.speed);
      before = now;
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [isPlaying]);
}
