import type { types } from 'cassandra-driver';
import { computedOf } from '../customer-row.js';
import { STORED_COLUMNS, type Customer, type SensorPlace } from '../customer.js';

/** A row that others wrote may lack columns: a text is empty then, and the two later columns are computed. */
export function customerOf(row: types.Row): Customer {
  const texts = Object.fromEntries(STORED_COLUMNS.map((column) => [column, (row[column] as string | null) ?? ''])) as unknown as Customer;
  return { ...texts, id: idOf(row), ...degreesOf(row), ...placeColumnsOf(row) };
}

/** Null when nothing tells where the sensor is. */
export function placeOf(row: types.Row): SensorPlace | null {
  const { geohash, dashboard } = placeColumnsOf(row);
  return row['geohash'] !== null || geohash !== '' ? { sensorId: idOf(row), geohash, zone: dashboard } : null;
}

function placeColumnsOf(row: types.Row): Pick<Customer, 'geohash' | 'dashboard'> {
  const { latitude, longitude } = degreesOf(row);
  const isKnown = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  const computed = isKnown ? computedOf(latitude, longitude) : { geohash: '', dashboard: '' };
  return { geohash: (row['geohash'] as string | null) ?? computed.geohash, dashboard: (row['dashboard'] as string | null) ?? computed.dashboard };
}

/** NaN when the row has none: no number would be true. */
function degreesOf(row: types.Row): Pick<Customer, 'latitude' | 'longitude'> {
  return { latitude: (row['latitude'] as number | null) ?? Number.NaN, longitude: (row['longitude'] as number | null) ?? Number.NaN };
}

function idOf(row: types.Row): number {
  return row['id'] as number;
}
