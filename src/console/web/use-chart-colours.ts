import { useEffect, useMemo, useState } from 'preact/hooks';
import { ALARM_TYPES } from './api.js';
import type { ChartColours } from './chart-options.js';

/** As the style sheet has it: paper is always light. */
const DARK = 'screen and (prefers-color-scheme: dark)';

/** The colours of the style sheet, which change with the light of the room. */
export function useChartColours(): ChartColours {
  const [isDark, setDark] = useState(() => matchMedia(DARK).matches);
  useEffect(() => {
    const query = matchMedia(DARK);
    const update = () => setDark(query.matches);
    query.addEventListener('change', update);
    return () => query.removeEventListener('change', update);
  }, []);
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    return { axis: colour('--muted'), grid: colour('--line'), ground: colour('--panel'), alarm: colour('--alarm'), types: ALARM_TYPES.map((type) => colour(`--${type}`)) };
  }, [isDark]);
}
