import type { AlarmDetails } from './api.js';
import { useFormats } from './format.js';
import { useTexts } from './texts.js';

interface Props {
  readonly evidence: AlarmDetails['evidence'];
  /** The time of the reading that completed it; null when nothing is complete. */
  readonly completedAt: string | null;
}

/** The readings that led to an alarm, or would. */
export function EvidenceTable({ evidence, completedAt }: Props) {
  const texts = useTexts();
  const formats = useFormats();
  // Several may be of the same moment, and the last of them completed it.
  const completing = evidence.findLastIndex(({ readAt }) => readAt === completedAt);
  return (
    <table class="evidence">
      <thead>
        <tr>
          <th scope="col">{texts.readAt}</th>
          <th scope="col">{texts.type.motion}</th>
          <th scope="col">{texts.type.smoke}</th>
          <th scope="col">{texts.type.temperature}</th>
        </tr>
      </thead>
      <tbody>
        {evidence.map((reading, index) => (
          <tr key={index} class={index === completing ? 'is-completing' : ''}>
            <td>
              {formats.dateTime(reading.readAt)}
              {index === completing && <small> {texts.completing}</small>}
            </td>
            <td class={reading.movement ? 'is-abnormal' : ''}>{reading.movement ? texts.yes : texts.no}</td>
            <td class={reading.smoke ? 'is-abnormal' : ''}>{reading.smoke ? texts.yes : texts.no}</td>
            <td class={reading.temperatureCelsius > reading.maxTemperatureCelsius ? 'is-abnormal' : ''}>
              {formats.number(reading.temperatureCelsius)} °C{' '}
              <small>
                ({texts.maximum} {formats.number(reading.maxTemperatureCelsius)})
              </small>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
