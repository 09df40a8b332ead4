import { CustomersUnavailable, type CustomerStore } from '../../customers/customer-store.js';
import type { Customer } from '../../customers/customer.js';
import type { EventStore } from '../../event-store/event-store.js';
import { RequestRefused } from '../problem.js';
import type { SensorDetails } from '../response-schemas.js';
import { eventsBackwards, historyOf } from '../sensor-history.js';

/** A sensor as it is now. */
export class FindSensor {
  constructor(readonly sensorId: number) {}
}

const LAST_EVENTS = 20;

export class FindSensorHandler {
  constructor(
    private readonly store: EventStore,
    private readonly customers: CustomerStore,
  ) {}

  /** A sensor is known by its customer or by its events. Thrown: `RequestRefused` with 404. */
  async execute({ sensorId }: FindSensor): Promise<SensorDetails> {
    const [history, found] = await Promise.all([historyOf(this.store, sensorId), this.customerOf(sensorId)]);
    const { customer, customerState } = found;
    if (history.last === null && customerState === 'unknown') throw new RequestRefused(404, `sensor ${sensorId} has neither a customer nor events`);
    return {
      sensorId: String(sensorId),
      place: customer && { geohash: customer.geohash, zone: customer.dashboard },
      ...history.state,
      lastEvents: await eventsBackwards(this.store, sensorId, history.last, LAST_EVENTS),
      customerState,
      customer: customer && { name: customer.name, surname: customer.surname, city: customer.city, country: customer.country },
    };
  }

  /** The state of a sensor is shown even while its customer can't be read. */
  private async customerOf(sensorId: number): Promise<{ customer: Customer | null; customerState: SensorDetails['customerState'] }> {
    try {
      const customer = await this.customers.find(sensorId);
      return { customer, customerState: customer === null ? 'unknown' : 'known' };
    } catch (error) {
      if (!(error instanceof CustomersUnavailable)) throw error;
      return { customer: null, customerState: 'unavailable' };
    }
  }
}
