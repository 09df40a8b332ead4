/** How a sensor is, by shape as well as by colour: a disc for a calm one, a diamond for one in alarm. */
export function StateMark({ isActive }: { isActive: boolean }) {
  return (
    <svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">
      {isActive ? <path class="diamond" d="M0 -7L7 0L0 7L-7 0Z" /> : <circle class="sensors" r="5" />}
    </svg>
  );
}
