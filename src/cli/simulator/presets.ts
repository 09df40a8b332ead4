/** A load of the source: how many messages at which rate, and how many alarms and recoveries came of it. */
export interface Preset {
  readonly messages: number;
  /** Mean rate in messages per second; the source's 30 minutes are `messages / rate`. */
  readonly rate: number;
  readonly alarms: number;
  readonly recovered: number;
}

/** Source: mission, "The source's results". */
export const PRESETS = {
  case1: { messages: 1_245_480, rate: 692, alarms: 655, recovered: 410 },
  case2: { messages: 2_387_547, rate: 1_326.4, alarms: 1_293, recovered: 621 },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
