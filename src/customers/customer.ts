/** A row of `world.datosclientes`: the source's 19 columns under its own names, then the two added later. */
export const CUSTOMER_COLUMNS = [
  'id', 'name', 'surname', 'gender', 'nationalid', 'birthday', 'streetaddress', 'city', 'zipcode', 'country',
  'telephonecountrycode', 'telephonenumber', 'latitude', 'longitude', 'emailaddress', 'title', 'occupation',
  'company', 'username',
] as const;

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
