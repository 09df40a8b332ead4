import { Foretelling, isAbnormal, type ForetoldAlarm, type LogPosition } from './foretelling.js';
import type { PlannedMessage } from './message-plan.js';

/** What a message came to in the end; `notStored` when it was given up and never reached the log. */
export type Settlement =
  | ({ readonly type: 'acknowledged' } & LogPosition)
  | { readonly type: 'refused'; readonly status: number; readonly body: string }
  | { readonly type: 'unknown' }
  | { readonly type: 'notStored' };

/** As many refusals are kept with their text as are needed to see what is wrong. */
const KEPT_REFUSALS = 5;

/** Reasons that differ; more than a run can meet unless the target puts numbers into its errors. */
const MAX_REASONS = 50;

/** The counts of a run. `sent` = `acknowledged` + `refused` + `unknown` + `notStored` once all is settled. */
export class Tally {
  readonly foretelling = new Foretelling();
  sent = 0;
  acknowledged = 0;
  refused = 0;
  unknown = 0;
  notStored = 0;
  retries = 0;
  readonly byTopic = { ENTRY: 0, OK: 0 };
  normal = 0;
  abnormal = 0;
  readonly refusals: { readonly status: number; readonly body: string }[] = [];
  readonly errors: Record<string, number> = {};

  settle(message: PlannedMessage, messageId: string | null, settlement: Settlement): void {
    this[settlement.type] += 1;
    switch (settlement.type) {
      case 'acknowledged':
        this.byTopic[message.topic] += 1;
        if (message.topic === 'ENTRY') this[isAbnormal(message) ? 'abnormal' : 'normal'] += 1;
        this.foretelling.acknowledged(message, messageId, settlement);
        break;
      case 'refused':
        if (this.refusals.length < KEPT_REFUSALS) this.refusals.push({ status: settlement.status, body: settlement.body });
        break;
      case 'unknown':
        this.foretelling.unknown(message);
        break;
      case 'notStored':
        break;
    }
  }

  /** An attempt failed, whatever becomes of its messages. */
  failed(why: string): void {
    const reason = why in this.errors || Object.keys(this.errors).length < MAX_REASONS ? why : 'other';
    this.errors[reason] = (this.errors[reason] ?? 0) + 1;
  }
}

/** The alarms of a report: how many of each type, how many of them recovered. */
export function countAlarms(foretold: readonly ForetoldAlarm[]): AlarmCounts {
  const byType = { motion: 0, smoke: 0, temperature: 0 };
  for (const alarm of foretold) byType[alarm.type] += 1;
  const recovered = foretold.filter((alarm) => alarm.recovered).length;
  return { total: foretold.length, byType, open: foretold.length - recovered, recovered };
}

export interface AlarmCounts {
  readonly total: number;
  readonly byType: Readonly<Record<ForetoldAlarm['type'], number>>;
  readonly open: number;
  readonly recovered: number;
}
