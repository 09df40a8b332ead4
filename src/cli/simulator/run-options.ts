import { ABNORMAL_READINGS_PER_INCIDENT, ALARMS_PER_INCIDENT } from './incidents.js';
import type { MessageForm } from './message-form.js';
import { PRESETS, type Preset, type PresetName } from './presets.js';
import type { SimulationOptions } from './simulation.js';

/** What was asked for on the command line; what was left out is undefined. */
export interface AskedFor {
  readonly seed: string;
  readonly url: string;
  readonly sensors: number;
  readonly rate?: number;
  readonly abnormal?: number;
  readonly recovery?: number;
  /** Null for a run without an end. */
  readonly durationMs?: number | null;
  readonly messages?: number;
  readonly preset?: PresetName;
  readonly compress?: number;
  readonly batch?: number;
  readonly form?: MessageForm;
  readonly messageIdPrefix: string | null;
}

/** The options exclude one another. */
export class OptionsConflict extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'OptionsConflict';
  }
}

/** The mean rate of the source's first case, in messages per second. */
const DEFAULT_RATE = PRESETS.case1.rate;
const DEFAULT_ABNORMAL_SHARE = 0.0015;
const DEFAULT_RECOVERY_SHARE = 0.5;

/** The usual pause within an incident is at most this many seconds of messages, so that alarms come soon at low rates too. */
const LONGEST_PAUSE_SECONDS = 3;

/** The source's runs took so long; an alarm not recovered soon is recovered after it. */
const LATE_RECOVERY_SECONDS = 30 * 60;

/** Below this rate each message gets its own request, as from real sensors; above it 25 requests a second share the load. */
const SINGLE_POSTS_UP_TO = 100;
const BATCHES_PER_SECOND = 25;
const MAX_DEFAULT_BATCH = 1000;

/** The run that was asked for, with a preset's figures and the defaults filled in. Thrown: `OptionsConflict`. */
export function resolveOptions(asked: AskedFor): SimulationOptions {
  const preset: Preset | undefined = asked.preset === undefined ? undefined : PRESETS[asked.preset];
  if (asked.compress !== undefined && !preset) throw new OptionsConflict('--compress needs --preset: it sends the same messages of a preset in less time');
  if (asked.messageIdPrefix !== null && asked.form !== undefined && asked.form !== 'object') {
    throw new OptionsConflict(`--message-ids needs --form object: a message of form ${asked.form} has no place for an id`);
  }
  const ownRate = preset?.rate ?? asked.rate ?? DEFAULT_RATE;
  const rate = asked.rate ?? ownRate * (asked.compress ?? 1);
  const incidentEvery = incidentEveryFor(asked, preset);
  return {
    url: asked.url,
    plan: {
      seed: asked.seed,
      sensors: asked.sensors,
      incidentEvery,
      pause: Math.min(incidentEvery, LONGEST_PAUSE_SECONDS * ownRate),
      recoveryShare: asked.recovery ?? (preset ? preset.recovered / preset.alarms : DEFAULT_RECOVERY_SHARE),
      lateRecoveryAfter: preset?.messages ?? Math.ceil(LATE_RECOVERY_SECONDS * ownRate),
    },
    rate,
    messages: asked.messages ?? (asked.durationMs === undefined ? (preset?.messages ?? null) : null),
    durationMs: asked.durationMs ?? null,
    batch: asked.batch ?? (rate <= SINGLE_POSTS_UP_TO ? 1 : Math.min(MAX_DEFAULT_BATCH, Math.ceil(rate / BATCHES_PER_SECOND))),
    form: asked.form ?? (asked.messageIdPrefix === null ? 'literal' : 'object'),
    messageIdPrefix: asked.messageIdPrefix,
  };
}

function incidentEveryFor(asked: AskedFor, preset: Preset | undefined): number {
  if (preset && asked.abnormal === undefined) return (preset.messages / preset.alarms) * ALARMS_PER_INCIDENT;
  return ABNORMAL_READINGS_PER_INCIDENT / (asked.abnormal ?? DEFAULT_ABNORMAL_SHARE);
}
