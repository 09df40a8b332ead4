import { useEffect, useState } from 'preact/hooks';

/** How many of `total` rows to show: `step` at once, and as many more after each frame until all are there. So a long list keeps nobody waiting. */
export function useGrowing(total: number, step: number): number {
  const [shown, setShown] = useState(step);
  useEffect(() => {
    if (shown < total) setShown(shown + step);
  }, [shown, total, step]);
  return Math.min(shown, total);
}
