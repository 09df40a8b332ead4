/** A row of `world.datosclientes`: the source's 19 columns under its own names, then the two added later. */
export const CUSTOMER_COLUMNS = [
  'id', 'name', 'surname', 'gender', 'nationalid', 'birthday', 'streetaddress', 'city', 'zipcode', 'country',
  'telephonecountrycode', 'telephonenumber', 'latitude', 'longitude', 'emailaddress', 'title', 'occupation',
  'company', 'username',
] as const;

/** All that is stored of a customer. */
export const STORED_COLUMNS = [...CUSTOMER_COLUMNS, 'geohash', 'dashboard'] as const;

type CustomerColumn = (typeof CUSTOMER_COLUMNS)[number];

/** `id` is the sensor id; `latitude` and `longitude` are degrees; `geohash` has 9 characters; `dashboard` is the zone's name. */
export type Customer = Readonly<
  Record<Exclude<CustomerColumn, 'id' | 'latitude' | 'longitude'>, string> & {
    id: number;
    latitude: number;
    longitude: number;
    geohash: string;
    dashboard: string;
  }
>;

/** Where a sensor is. */
export interface SensorPlace {
  readonly sensorId: number;
  readonly geohash: string;
  readonly zone: string;
}

/** Why a text can't be stored unchanged, null when it can: libsql reads a text only to its first NUL, and half a surrogate pair has no UTF-8. */
export function unstorable(text: string): string | null {
  if (text.includes('\0')) return 'holds a NUL character';
  return /\p{Surrogate}/u.test(text) ? 'holds half of a UTF-16 surrogate pair' : null;
}
