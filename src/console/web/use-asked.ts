import { useEffect } from 'preact/hooks';
import type { throttled } from './throttle.js';

/** Asks at once and from then on every so often, as long as the component is shown or until another refresh takes its place. */
export function useAsked({ ask, stop }: ReturnType<typeof throttled>, everyMs: number): void {
  useEffect(() => {
    ask();
    const timer = setInterval(ask, everyMs);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [ask, stop, everyMs]);
}
