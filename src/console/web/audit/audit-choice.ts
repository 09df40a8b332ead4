import { ZONES } from '../../../customers/zones.js';
import { queryOf } from '../api.js';
import { cellIn } from '../open-alarms.js';

/** Seconds of the past that pass in one. */
export const SPEEDS = [1, 10, 60, 600, 3600] as const;
export type Speed = (typeof SPEEDS)[number];

/** All that the page shows; its address says the same. */
export interface AuditChoice {
  /** Null for now. */
  readonly asOfMs: number | null;
  readonly zone: string | null;
  /** A geohash prefix, that of the lists beside the map. */
  readonly cell: string | null;
  /** Null for the whole system. */
  readonly sensor: string | null;
  /** After this event of the sensor, in place of a time. */
  readonly revision: number | null;
  readonly speed: Speed;
}

/** `?asOf=2026-03-01T12:00:00.000Z&sensor=7&speed=600`; what is none is left out. */
export function choiceOf(search: string): AuditChoice {
  const parameters = new URLSearchParams(search);
  const asOfMs = Date.parse(parameters.get('asOf') ?? '');
  const zone = parameters.get('zone');
  const sensor = parameters.get('sensor') ?? '';
  const isSensor = isSensorId(sensor);
  const revision = parameters.get('revision') ?? '';
  return {
    asOfMs: Number.isNaN(asOfMs) ? null : asOfMs,
    zone: ZONES.find((each) => each === zone) ?? null,
    cell: cellIn(parameters.get('cell')),
    sensor: isSensor ? String(Number(sensor)) : null,
    revision: isSensor && /^\d{1,15}$/.test(revision) ? Number(revision) : null,
    speed: SPEEDS.find((speed) => String(speed) === parameters.get('speed')) ?? 60,
  };
}

export function searchOf({ asOfMs, zone, cell, sensor, revision, speed }: AuditChoice): string {
  return queryOf({ asOf: revision === null && asOfMs !== null ? new Date(asOfMs).toISOString() : null, zone, cell, sensor, revision, speed: speed === 60 ? null : speed });
}

export function isSensorId(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= 2_147_483_647;
}
