import { STORED_COLUMNS } from '../customer.js';
import { CUSTOMERS } from './cassandra-schema.js';

const COLUMNS = STORED_COLUMNS.join(', ');
export const FIND = `SELECT ${COLUMNS} FROM ${CUSTOMERS} WHERE id = ?`;
export const SAVE = `INSERT INTO ${CUSTOMERS} (${COLUMNS}) VALUES (${STORED_COLUMNS.map(() => '?').join(', ')})`;
export const SCAN_ALL = `SELECT ${COLUMNS} FROM ${CUSTOMERS}`;
export const SCAN_PLACES = `SELECT id, geohash, dashboard, latitude, longitude FROM ${CUSTOMERS}`;
export const SCAN_IDS = `SELECT id FROM ${CUSTOMERS}`;
/** When each column was written, in microseconds since 1970 of the writer's clock. */
export const WRITTEN = `SELECT ${STORED_COLUMNS.slice(1).map((column) => `WRITETIME(${column})`).join(', ')} FROM ${CUSTOMERS} WHERE id = ?`;
export const ERASE = `DELETE FROM ${CUSTOMERS} USING TIMESTAMP ? WHERE id = ?`;
