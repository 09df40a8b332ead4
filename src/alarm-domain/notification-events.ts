import type { CausedEvent, CausedMetadata } from './caused-event.js';

/**
 * The events of stream `notification-<alarmId>`: the life of one alarm's e-mail (P4). No address and no
 * name is in them (P5). Times are ISO 8601 UTC.
 */
export type NotificationEvent =
  | NotificationRequested
  | NotificationClaimed
  | NotificationSent
  | NotificationFailed
  | NotificationParked
  | NotificationRequeued
  | NotificationCompleted;

export const NOTIFICATION_EVENT_TYPES = [
  'NotificationRequested',
  'NotificationClaimed',
  'NotificationSent',
  'NotificationFailed',
  'NotificationParked',
  'NotificationRequeued',
  'NotificationCompleted',
] as const;

interface About {
  readonly alarmId: string;
  readonly sensorId: number;
}

/** `recordedAt`: the notifier's clock. `causationId`: the event that led here. */
export type NotificationMetadata = CausedMetadata;

type Envelope<Type extends string, Data> = CausedEvent<Type, About & Data>;

/** An e-mail is owed. */
export type NotificationRequested = Envelope<'NotificationRequested', object>;

/**
 * Attempt number `attempt` (from 1) belongs to process `by` until `until`. `possibleDuplicate` when an
 * earlier claim ended without an outcome, so that its mail may have gone.
 */
export type NotificationClaimed = Envelope<
  'NotificationClaimed',
  { readonly attempt: number; readonly by: string; readonly until: string; readonly possibleDuplicate: boolean }
>;

/** The mail server took it. `customer`: what the mail could say of the customer; `unavailable` owes a follow-up. */
export type NotificationSent = Envelope<
  'NotificationSent',
  {
    readonly attempt: number;
    /** The Message-ID header, with its angle brackets. */
    readonly mailId: string;
    readonly possibleDuplicate: boolean;
    readonly customer: 'complete' | 'unknown' | 'unavailable';
  }
>;

/** The attempt failed for certain; the next one is not before `retryAt`. */
export type NotificationFailed = Envelope<
  'NotificationFailed',
  { readonly attempt: number; readonly reason: string; readonly retryAt: string }
>;

/** No further attempt without an operator. */
export type NotificationParked = Envelope<'NotificationParked', { readonly attempt: number; readonly reason: string }>;

/** An operator asked for a parked mail again. */
export type NotificationRequeued = Envelope<'NotificationRequeued', { readonly by: string }>;

/** The follow-up with the customer's data went, after a mail without. */
export type NotificationCompleted = Envelope<
  'NotificationCompleted',
  { readonly mailId: string; readonly customer: 'complete' | 'unknown' }
>;

export const NOTIFICATION_STREAM_PREFIX = 'notification-';

/** `notification-<alarmId>`. */
export function notificationStream(alarmId: string): string {
  return `${NOTIFICATION_STREAM_PREFIX}${alarmId}`;
}
