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
  return encodePlace(triggeredAt, alarmId);
}

/** Thrown: `BadCursor`. */
export function decodeCursor(cursor: string): AlarmCursor {
  const [triggeredAt, alarmId] = decodePlace(cursor, /^\d{4}-\d{2}-\d{2}T/);
  return { triggeredAt, alarmId };
}

/** The two texts by which a list is in order, of the last that a page has. */
export function encodePlace(first: string, second: string): string {
  return Buffer.from(JSON.stringify([first, second])).toString('base64url');
}

/** Thrown: `BadCursor`, also when the first text is not of the form. */
export function decodePlace(cursor: string, form: RegExp): readonly [first: string, second: string] {
  const parsed = cursor.length <= LONGEST_CURSOR ? parse(Buffer.from(cursor, 'base64url').toString()) : null;
  if (!Array.isArray(parsed) || parsed.length !== 2) throw new BadCursor(cursor);
  const [first, second] = parsed as unknown[];
  if (typeof first !== 'string' || typeof second !== 'string') throw new BadCursor(cursor);
  // What decodes is not yet what was encoded: base64 skips characters that it does not know.
  if (!form.test(first) || encodePlace(first, second) !== cursor) throw new BadCursor(cursor);
  return [first, second];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
