/** What is shown of an e-mail. */
export interface EmlText {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly date: string;
  readonly messageId: string;
  /** Its plain text, decoded; empty when it has none. */
  readonly text: string;
}

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Multiparts within multiparts; ours have one level. */
const MAX_DEPTH = 4;

/**
 * Reads an .eml file as this system writes them: UTF-8, encoded words in headers, quoted-printable or
 * base64 bodies, multipart. `eml` has one character per byte (latin1).
 */
export function readEml(eml: string): EmlText {
  const mail = toPart(eml);
  const header = (name: string) => decodeWords(mail.headers.get(name) ?? '');
  return {
    from: header('from'),
    to: header('to'),
    subject: header('subject'),
    date: header('date'),
    messageId: header('message-id'),
    text: plainText(mail, 0) ?? '',
  };
}

function toPart(text: string): Part {
  const [head = '', body = ''] = splitAt(text.replaceAll('\r\n', '\n'), '\n\n');
  const lines = head.replace(/\n[ \t]+/g, ' ').split('\n');
  const headers = new Map(
    lines.map((line) => {
      const [name = '', value = ''] = splitAt(line, ':');
      return [name.toLowerCase(), value.trim()] as const;
    }),
  );
  return { headers, body };
}

function plainText(part: Part, depth: number): string | null {
  const contentType = part.headers.get('content-type') ?? 'text/plain';
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (/^multipart\//i.test(contentType) && boundary !== undefined && depth < MAX_DEPTH) {
    const parts = `\n${part.body}`.split(`\n--${boundary}`).slice(1);
    for (const inner of parts.filter((text) => text.startsWith('\n'))) {
      const found = plainText(toPart(inner.slice(1)), depth + 1);
      if (found !== null) return found;
    }
    return null;
  }
  return /^text\/plain/i.test(contentType) ? decodeBody(part) : null;
}

function decodeBody({ headers, body }: Part): string {
  switch ((headers.get('content-transfer-encoding') ?? '').toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64').toString('utf8');
    case 'quoted-printable':
      return decodeEscapes(body.replace(/[ \t]+$/gm, '').replace(/=\n/g, ''));
    default:
      return Buffer.from(body, 'latin1').toString('utf8');
  }
}

/** `=C3=A9` → `é`. */
function decodeEscapes(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** `=?UTF-8?Q?Vig=C3=ADa?=` → `Vigía`; neighbouring words are one text, also where a character is cut between them. */
function decodeWords(header: string): string {
  return header.replace(/(?:=\?utf-8\?[bq]\?[^?]*\?=\s*)+/gi, (run) => {
    const trailing = /\s*$/.exec(run)?.[0] ?? '';
    const bytes = [...run.matchAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi)].map(([, how = '', word = '']) =>
      how.toLowerCase() === 'b' ? Buffer.from(word, 'base64') : wordBytes(word),
    );
    return Buffer.concat(bytes).toString('utf8') + trailing;
  });
}

function wordBytes(word: string): Buffer {
  const text = word.replaceAll('_', ' ').replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
