import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** A file of docker/prometheus, read as YAML. */
export function prometheusFile(path: string): unknown {
  return load(readFileSync(new URL(`../../docker/prometheus/${path}`, import.meta.url), 'utf8'));
}

function rulesOf(path: string): unknown[] {
  return (prometheusFile(path) as { groups: { rules: unknown[] }[] }).groups.flatMap(({ rules }) => rules);
}

export const alertRules = (): AlertRule[] => rulesOf('rules/alerts.yml') as AlertRule[];
export const recordingRules = (): RecordingRule[] => rulesOf('rules/recording.yml') as RecordingRule[];
