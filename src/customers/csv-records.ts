import { parse } from 'csv-parse/sync';

/** One record of a file, or what is wrong with one; `line` is where it begins, from 1, `lastLine` where it ends. */
export type CsvItem =
  | { readonly type: 'record'; readonly line: number; readonly lastLine: number; readonly fields: readonly string[] }
  | { readonly type: 'bad'; readonly line: number; readonly reason: string };

/** The longest record, in characters: bounds the memory, and how far a quote that is never closed is looked for. */
export const MAX_RECORD_CHARACTERS = 1024 * 1024;

/** Records parsed at once: about 2 ms of the event loop. */
const BATCH_RECORDS = 100;
const BATCH_CHARACTERS = 128 * 1024;

/**
 * Reads CSV as RFC 4180 has it, the header as any other record; UTF-8, with or without a byte order mark; lines end in
 * LF, CRLF or CR. Empty lines are passed over. Bytes that are not UTF-8 become U+FFFD.
 *
 * A bad quote costs its own line and no more: csv-parse alone would take all that follows for the inside of
 * the quoted field. So lines are first put together to records by counting quotes, and a record that
 * csv-parse then refuses gives back all its lines but the first.
 */
export async function* readCsv(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly CsvItem[]> {
  let lines: Line[] = [];
  for await (const { more, isEnd } of physicalLines(chunks)) {
    lines = lines.concat(more);
    let at = 0;
    let oneByOne = 0;
    for (;;) {
      const batch = nextBatch(lines, at, oneByOne > 0 ? 1 : BATCH_RECORDS, isEnd);
      if (batch.spans.length === 0 && batch.bad === null) {
        at = batch.next;
        break;
      }
      const items = parseSpans(lines, batch.spans);
      if (items) {
        if (batch.bad) items.push(batch.bad);
        at = batch.next;
        oneByOne = Math.max(0, oneByOne - 1);
        yield items;
      } else if (batch.spans.length > 1) {
        oneByOne = BATCH_RECORDS;
      } else {
        const start = (batch.spans[0] as Span).start;
        yield [{ type: 'bad', line: (lines[start] as Line).number, reason: BAD_QUOTE }];
        at = start + 1;
      }
    }
    lines = lines.slice(at);
  }
}

const BAD_QUOTE = 'a quotation mark stands inside a field without quotes, or text follows a closing one; put the field in quotes and double the marks in it';
const UNCLOSED_QUOTE = 'a quotation mark in this line has no counterpart; a field with one in it must be in quotes and the mark doubled';
const TOO_LONG = `the line has more than ${MAX_RECORD_CHARACTERS} characters`;

/** A line of the file with its line break. */
interface Line {
  readonly number: number;
  readonly text: string;
  readonly breakLength: number;
  readonly hasOddQuotes: boolean;
  /** Its text was dropped. */
  readonly isTooLong: boolean;
}

/** The lines of one record: from `start` to before `end`. */
interface Span {
  readonly start: number;
  readonly end: number;
}

async function* physicalLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<{ more: Line[]; isEnd: boolean }> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  let number = 0;
  let isTooLong = false;
  const takeLines = (isEnd: boolean): Line[] => {
    const lines: Line[] = [];
    const take = (text: string, breakLength: number) => {
      number += 1;
      isTooLong ||= text.length > MAX_RECORD_CHARACTERS;
      lines.push(isTooLong ? { number, text: '', breakLength: 0, hasOddQuotes: false, isTooLong } : { number, text, breakLength, hasOddQuotes: quotes(text) % 2 === 1, isTooLong });
      isTooLong = false;
    };
    let from = 0;
    for (const found of rest.matchAll(/\r\n|\n|\r/g)) {
      const end = found.index + found[0].length;
      // The other half of a CRLF may be in the next chunk.
      if (found[0] === '\r' && end === rest.length && !isEnd) break;
      take(rest.slice(from, end), found[0].length);
      from = end;
    }
    rest = rest.slice(from);
    if (isEnd && (rest !== '' || isTooLong)) take(rest, 0);
    if (rest.length > MAX_RECORD_CHARACTERS) {
      isTooLong = true;
      rest = rest.endsWith('\r') ? '\r' : '';
    }
    return lines;
  };
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    yield { more: takeLines(false), isEnd: false };
  }
  rest += decoder.decode();
  yield { more: takeLines(true), isEnd: true };
}

function quotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) count += 1;
  return count;
}

/** The next records from line `at` on, up to one that is `bad` or not complete yet; `next` is the line after them. */
function nextBatch(lines: readonly Line[], at: number, limit: number, isEnd: boolean): { spans: Span[]; bad: CsvItem | null; next: number } {
  const spans: Span[] = [];
  let next = at;
  let characters = 0;
  while (next < lines.length && spans.length < limit && characters < BATCH_CHARACTERS) {
    const line = lines[next] as Line;
    if (line.isTooLong) return { spans, bad: { type: 'bad', line: line.number, reason: TOO_LONG }, next: next + 1 };
    if (line.text.length === line.breakLength) {
      next += 1;
      continue;
    }
    const end = recordEnd(lines, next, isEnd);
    if (end === 'more') break;
    if (end === 'unclosed') return { spans, bad: { type: 'bad', line: line.number, reason: UNCLOSED_QUOTE }, next: next + 1 };
    spans.push({ start: next, end });
    for (let i = next; i < end; i++) characters += (lines[i] as Line).text.length;
    next = end;
  }
  return { spans, bad: null, next };
}

/** A record ends with the line that makes the number of its quotation marks even. */
function recordEnd(lines: readonly Line[], start: number, isEnd: boolean): number | 'more' | 'unclosed' {
  let isOpen = false;
  let characters = 0;
  for (let i = start; i < lines.length; i++) {
    const line = lines[i] as Line;
    characters += line.text.length;
    if (line.isTooLong || characters > MAX_RECORD_CHARACTERS) return 'unclosed';
    if (line.hasOddQuotes) isOpen = !isOpen;
    if (!isOpen) return i + 1;
  }
  return isEnd ? 'unclosed' : 'more';
}

/** Null when csv-parse refuses any of them. */
function parseSpans(lines: readonly Line[], spans: readonly Span[]): CsvItem[] | null {
  if (spans.length === 0) return [];
  const text = spans.map((span) => textOf(lines, span)).join('\n');
  let rows: string[][];
  try {
    rows = parse(text, { record_delimiter: '\n', relax_column_count: true, max_record_size: 0 });
  } catch {
    return null;
  }
  if (rows.length !== spans.length) return null;
  return spans.map(({ start, end }, i) => ({
    type: 'record',
    line: (lines[start] as Line).number,
    lastLine: (lines[end - 1] as Line).number,
    fields: rows[i] as string[],
  }));
}

function textOf(lines: readonly Line[], { start, end }: Span): string {
  const last = lines[end - 1] as Line;
  let text = '';
  for (let i = start; i < end - 1; i++) text += (lines[i] as Line).text;
  return text + last.text.slice(0, last.text.length - last.breakLength);
}
