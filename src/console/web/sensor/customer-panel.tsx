import type { Customer, SensorDetails } from '../api.js';
import { useTextsOf } from '../texts.js';
import { SENSOR_TEXTS } from './sensor-texts.js';

/** Who is to be called; the id is the sensor's. */
export function CustomerPanel({ sensor, customer }: { sensor: SensorDetails; customer: Customer | null }) {
  const texts = useTextsOf(SENSOR_TEXTS);
  return (
    <section class="panel" aria-label={texts.customer} data-testid="customer">
      <div class="panel-head">
        <h2>{texts.customer}</h2>
      </div>
      {customer === null ? (
        <p class="empty">{sensor.customerState === 'unknown' ? texts.customerUnknown : texts.customerUnavailable}</p>
      ) : (
        <dl class="facts">
          {Object.entries(customer).map(([column, value]) =>
            column === 'id' || value === '' ? null : (
              <div key={column}>
                <dt>{texts.columns[column] ?? column}</dt>
                <dd>{String(value)}</dd>
              </div>
            ),
          )}
        </dl>
      )}
    </section>
  );
}
