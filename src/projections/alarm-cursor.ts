/** Where a page of alarms ended: the place of its last alarm in the order of the list. */
export interface AlarmCursor {
  readonly triggeredAt: string;
  readonly alarmId: string;
}

/** The cursor is none that a list gave. */
export class BadCursor extends Error {
  constructor(readonly cursor: string) {
    super(`cursor: got ${JSON.stringify(cursor.slice(0, 60))}, expected the "next" of an earlier page; a retry does not help`);
    this.name = 'BadCursor';
  }
}

/** Longer than any cursor that is given out. */
const LONGEST_CURSOR = 300;

export function encodeCursor({ triggeredAt, alarmId }: AlarmCursor): string {
  return Buffer.from(JSON.stringify([triggeredAt, alarmId])).toString('base64url');
}

/** Thrown: `BadCursor`. */
export function decodeCursor(cursor: string): AlarmCursor {
  const parsed = cursor.length <= LONGEST_CURSOR ? parse(Buffer.from(cursor, 'base64url').toString()) : null;
  if (!Array.isArray(parsed) || parsed.length !== 2) throw new BadCursor(cursor);
  const [triggeredAt, alarmId] = parsed as unknown[];
  if (typeof triggeredAt !== 'string' || typeof alarmId !== 'string') throw new BadCursor(cursor);
  const place = { triggeredAt, alarmId };
  // What decodes is not yet what was encoded: base64 skips characters that it does not know.
  if (!/^\d{4}-\d{2}-\d{2}T/.test(triggeredAt) || encodeCursor(place) !== cursor) throw new BadCursor(cursor);
  return place;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
