export const HEALTH_STATUSES = ['up', 'degraded', 'down'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** One part of the system. `degraded`: it works, but late or not fully. Lags are how far it is behind its input. */
export interface HealthPart {
  readonly name: string;
  readonly status: HealthStatus;
  /** A sentence for the operator. */
  readonly detail: string;
  readonly lagEvents?: number;
  readonly lagSeconds?: number;
}

export interface HealthReport {
  readonly parts: readonly HealthPart[];
}

/** Tells how the parts of this process are. */
export interface Health {
  report(): Promise<HealthReport>;
}

/** The status of the whole: that of its worst part. */
export function worstStatus(parts: readonly HealthPart[]): HealthStatus {
  const worst = Math.max(0, ...parts.map(({ status }) => HEALTH_STATUSES.indexOf(status)));
  return HEALTH_STATUSES[worst] ?? 'down';
}
