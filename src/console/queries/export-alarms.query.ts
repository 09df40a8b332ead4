import { CustomersUnavailable, type CustomerStore } from '../../customers/customer-store.js';
import type { Customer } from '../../customers/customer.js';
import type { AlarmReads, AlarmView } from '../../projections/alarm-reads.js';
import { BYTE_ORDER_MARK, csvLine } from '../csv.js';
import type { AlarmExportQuery } from '../request-schemas.js';
import { findManyCustomers } from './find-many-customers.js';
import { toAlarmQuery } from './list-alarms.query.js';

/** All alarms that a filter takes, as CSV. */
export class ExportAlarms {
  constructor(readonly filter: AlarmExportQuery) {}
}

const PAGE = 500;

const HEAD = [
  'alarmId', 'sensorId', 'type', 'status', 'triggeredAt', 'recoveredAt', 'acknowledgedAt', 'acknowledgedBy', 'zone', 'email', 'comments',
  'name', 'surname', 'city', 'country',
];

export class ExportAlarmsHandler {
  constructor(
    private readonly alarms: AlarmReads,
    private readonly customers: CustomerStore,
  ) {}

  /** Page by page, as it is taken. Thrown by what it gives: `ReadModelUnavailable`. */
  async execute({ filter }: ExportAlarms): Promise<AsyncGenerator<string>> {
    return this.lines(filter);
  }

  private async *lines(filter: AlarmExportQuery): AsyncGenerator<string> {
    const query = toAlarmQuery(filter);
    yield BYTE_ORDER_MARK + csvLine(HEAD);
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { items, next } = await this.alarms.list({ ...query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      const customers = await this.customersOf(items);
      yield items.map((alarm) => lineOf(alarm, customers)).join('');
      cursor = next;
    }
  }

  /** Null when they can't be read now: the alarms are of use without them. */
  private async customersOf(alarms: readonly AlarmView[]): Promise<ReadonlyMap<number, Customer> | null> {
    try {
      return await findManyCustomers(this.customers, [...new Set(alarms.map(({ sensorId }) => Number(sensorId)))]);
    } catch (error) {
      if (!(error instanceof CustomersUnavailable)) throw error;
      return null;
    }
  }
}

function lineOf(alarm: AlarmView, customers: ReadonlyMap<number, Customer> | null): string {
  const { alarmId, sensorId, type, status, triggeredAt, recoveredAt, acknowledged, zone, email, comments } = alarm;
  const customer = customers?.get(Number(sensorId));
  const person = customers === null ? Array<string>(4).fill('unavailable') : [customer?.name, customer?.surname, customer?.city, customer?.country].map((text) => text ?? null);
  return csvLine([alarmId, Number(sensorId), type, status, triggeredAt, recoveredAt, acknowledged?.at ?? null, acknowledged?.by ?? null, zone, email, comments, ...person]);
}
