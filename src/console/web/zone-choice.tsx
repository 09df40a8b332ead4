import { ZONES } from '../../customers/zones.js';
import { useTexts } from './texts.js';

/** Chooses a zone, or with null all of them. */
export function ZoneChoice({ zone, onZone, testId }: { zone: string | null; onZone: (zone: string | null) => void; testId: string }) {
  const texts = useTexts();
  return (
    <label class="zone">
      <span class="unseen">{texts.zone}</span>
      <select value={zone ?? ''} onChange={(event) => onZone(event.currentTarget.value || null)} data-testid={testId}>
        <option value="">{texts.allZones}</option>
        {ZONES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}
