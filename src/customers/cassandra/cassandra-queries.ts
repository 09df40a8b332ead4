import { STORED_COLUMNS } from '../customer.js';
import { CUSTOMERS, NOTES } from './cassandra-schema.js';

const COLUMNS = STORED_COLUMNS.join(', ');
export const FIND = `SELECT ${COLUMNS} FROM ${CUSTOMERS} WHERE id = ?`;
export const SAVE = `INSERT INTO ${CUSTOMERS} (${COLUMNS}) VALUES (${STORED_COLUMNS.map(() => '?').join(', ')})`;
export const SCAN_ALL = `SELECT ${COLUMNS} FROM ${CUSTOMERS}`;
export const SCAN_PLACES = `SELECT id, geohash, dashboard, latitude, longitude FROM ${CUSTOMERS}`;
export const SCAN_IDS = `SELECT id FROM ${CUSTOMERS}`;
/** When each column was written, in microseconds since 1970 of the writer's clock. */
export const WRITTEN = `SELECT ${STORED_COLUMNS.slice(1).map((column) => `WRITETIME(${column})`).join(', ')} FROM ${CUSTOMERS} WHERE id = ?`;
export const ERASE = `DELETE FROM ${CUSTOMERS} USING TIMESTAMP ? WHERE id = ?`;

export const SAVE_NOTE = `INSERT INTO ${NOTES} (sensor_id, event_id, note) VALUES (?, ?, ?)`;
export const FIND_NOTES = `SELECT event_id, note FROM ${NOTES} WHERE sensor_id = ? AND event_id IN ?`;
export const SCAN_NOTES = `SELECT sensor_id, event_id, note FROM ${NOTES}`;
export const REMOVE_NOTE = `DELETE FROM ${NOTES} WHERE sensor_id = ? AND event_id = ?`;
export const NOTES_WRITTEN = `SELECT WRITETIME(note) FROM ${NOTES} WHERE sensor_id = ?`;
export const ERASE_NOTES = `DELETE FROM ${NOTES} USING TIMESTAMP ? WHERE sensor_id = ?`;
