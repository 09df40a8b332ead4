import { STATUS_CODES } from 'node:http';
import { BadAccounts } from '../access/accounts.js';
import { CommandRefused, StaleVersion } from '../alarm-life/sensor-commands.js';
import { CustomerRefused, CustomersUnavailable } from '../customers/customer-store.js';
import { NoteRefused } from '../customers/note-store.js';
import { OutcomeUnknown, StoreUnavailable } from '../event-store/event-store.js';
import { NoSuchDeadLetter } from '../ingestion/dead-letters.js';
import { LogUnavailable } from '../message-log/message-log.js';
import { BadCursor } from '../projections/alarm-reads.js';
import { WrittenElsewhere } from '../projections/influx/influx-writer.js';
import { UnknownProjection, RebuildRunning } from '../projections/projection-runner.js';
import { ReadModelUnavailable } from '../projections/projection-sink.js';

/** One field of a request that can't be used. */
export interface FieldProblem {
  readonly field: string;
  readonly detail: string;
}

/**
 * The body of every error answer, `application/problem+json`.
 *
 * Shape: `{"type":"urn:vigia:problem:bad-request","title":"Bad Request","status":400,"detail":"limit: …",
 * "instance":"/api/alarms?limit=0","errors":[{"field":"limit","detail":"…"}]}`. Source: RFC 9457.
 */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly errors?: readonly FieldProblem[];
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** A request is answered with an error; `detail` is for who made it. */
export class RequestRefused extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly errors?: readonly FieldProblem[],
  ) {
    super(detail);
    this.name = 'RequestRefused';
  }
}

/** A 400 that names each bad field. */
export function badFields(errors: readonly FieldProblem[]): RequestRefused {
  return new RequestRefused(400, errors.map(({ field, detail }) => (field === '' ? detail : `${field}: ${detail}`)).join('; '), errors);
}

/** Seconds after which a request that got 503 may come again. */
export const RETRY_AFTER_SECONDS = 2;

export function problemOf(status: number, detail: string, instance: string, errors?: readonly FieldProblem[]): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  const type = `urn:vigia:problem:${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return { type, title, status, detail, instance, ...(errors && errors.length > 0 ? { errors } : {}) };
}

/** The error answer that a thrown value asks for. What nobody foresaw is a 500 that tells nothing of its inside. */
export function toProblem(error: unknown, instance: string): Problem {
  if (error instanceof RequestRefused) return problemOf(error.status, error.message, instance, error.errors);
  if (error instanceof BadCursor) {
    const detail = 'not a cursor that this list gave as its next';
    return problemOf(400, `cursor: ${detail}`, instance, [{ field: 'cursor', detail }]);
  }
  if (error instanceof StaleVersion) return problemOf(412, error.message, instance);
  if (error instanceof CommandRefused) return problemOf(REFUSED_STATUS[error.reason], error.message, instance);
  if (error instanceof NoteRefused) return problemOf(400, error.message, instance, [{ field: 'note', detail: error.message }]);
  if (error instanceof CustomerRefused) return problemOf(400, error.message, instance, [{ field: 'customers', detail: error.message }]);
  if (error instanceof UnknownProjection || error instanceof NoSuchDeadLetter) return problemOf(404, error.message, instance);
  if (error instanceof RebuildRunning || error instanceof WrittenElsewhere) return problemOf(409, error.message, instance);
  // What is wrong with the file is for the log, not for who is not known yet.
  if (error instanceof BadAccounts) return problemOf(503, 'who may log in is not known now; the log says why', instance);
  if (isUnavailable(error)) return problemOf(503, error.message, instance);
  const status = statusOf(error);
  if (status === 404) return problemOf(404, 'there is nothing at this address; see /api/openapi.json', instance);
  if (status !== null && status < 500) return problemOf(status, messageOf(error), instance);
  return problemOf(500, 'the request failed inside; the log says why', instance);
}

const REFUSED_STATUS: Readonly<Record<CommandRefused['reason'], number>> = { 'unknown-alarm': 404, 'not-shelved': 409, 'until-past': 400, 'until-too-far': 400 };

function isUnavailable(error: unknown): error is Error {
  return (
    error instanceof CustomersUnavailable ||
    error instanceof StoreUnavailable ||
    error instanceof OutcomeUnknown ||
    error instanceof LogUnavailable ||
    error instanceof ReadModelUnavailable
  );
}

/** The status that an error of the framework carries: Nest's has `getStatus`, fastify's `statusCode`. */
function statusOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const { getStatus, statusCode } = error as { getStatus?: unknown; statusCode?: unknown };
  const status = typeof getStatus === 'function' ? (getStatus.call(error) as unknown) : statusCode;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
