import { useState } from 'preact/hooks';

/** A cell narrower than this has no room for a number. */
const LEAST_ROOM_PX = 20;

/** Shape and, where there is room, number tell it as well as the colour does. */
export function ActiveMark({ count, radius, roomPx, hasArrived }: { count: number; radius: number; roomPx: number; hasArrived: boolean }) {
  const [isArriving, setArriving] = useState(hasArrived);
  const hasRoom = roomPx >= LEAST_ROOM_PX;
  const text = count > 999 ? `${Math.floor(count / 1000)}k` : String(count);
  const half = hasRoom ? 6.5 + text.length * 2 : Math.max(3.5, roomPx * 0.34) + Math.min(2, Math.log10(count) * 1.5);
  return (
    <>
      <circle class={`ring ${isArriving ? 'is-arriving' : ''}`} onAnimationEnd={() => setArriving(false)} r={Math.max(radius, half) + 2} />
      <path class="diamond" d={`M0 ${-half}L${half} 0L0 ${half}L${-half} 0Z`} />
      {hasRoom && <text dy="0.35em">{text}</text>}
    </>
  );
}
