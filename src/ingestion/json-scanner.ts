/** The text is not of the grammar; `message` says where and what was expected. */
export class MalformedText extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'MalformedText';
  }
}

/** A value as it is written: `text` is a string's content, decoded, or a word such as `25.5`, `true` and also `NaN`. */
export type ScannedValue =
  | { readonly kind: 'string' | 'word'; readonly text: string }
  | { readonly kind: 'array' | 'object'; readonly text: null };

/** Deeper nesting than this says nothing about a reading, and could exhaust the stack. */
const MAX_DEPTH = 32;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const WORD = /[\w.+-]+/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const TAB = 0x09;
const NEW_LINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

/** Whether a text is a number in JSON's grammar: `-1.5e3`, but not `01`, `+1`, `.5` or `NaN`. */
export function isJsonNumber(text: string): boolean {
  return NUMBER.test(text);
}

/**
 * Walks JSON text token by token, so that what is not JSON (the source's literal form, `NaN`) can be told
 * apart and named, which JSON.parse can't. A byte order mark at the start is passed over.
 *
 * Thrown by all methods: `MalformedText`.
 */
export class JsonScanner {
  /** Index of the next character. */
  at: number;

  constructor(readonly text: string) {
    this.at = text.startsWith('\uFEFF') ? 1 : 0;
  }

  /** The next character that is not white space, `''` at the end; it is not consumed. */
  peek(): string {
    let code = this.text.charCodeAt(this.at);
    while (code === SPACE || code === NEW_LINE || code === RETURN || code === TAB) {
      this.at += 1;
      code = this.text.charCodeAt(this.at);
    }
    return this.text.charAt(this.at);
  }

  /** Consumes the character if it is the next one. */
  take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at += 1;
    return true;
  }

  expect(character: string): void {
    if (!this.take(character)) throw this.unexpected(`"${character}"`);
  }

  expectEnd(): void {
    if (this.peek() !== '') throw this.unexpected('the end');
  }

  unexpected(expected: string): MalformedText {
    const found = this.peek();
    return new MalformedText(`expected ${expected} at character ${this.at + 1}, got ${found === '' ? 'the end' : JSON.stringify(found)}`);
  }

  string(): string {
    this.expect('"');
    const { text } = this;
    const from = this.at;
    let isPlain = true;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (code === QUOTE) break;
      if (Number.isNaN(code)) throw new MalformedText(`the string that begins at character ${from} does not end`);
      if (code < FIRST_PRINTABLE) throw new MalformedText(`control character in a string at character ${this.at + 1}`);
      if (code === BACKSLASH) {
        ESCAPE.lastIndex = this.at;
        if (!ESCAPE.test(text)) throw new MalformedText(`bad escape in a string at character ${this.at + 1}`);
        isPlain = false;
        this.at = ESCAPE.lastIndex;
      } else {
        this.at += 1;
      }
    }
    this.at += 1;
    return isPlain ? text.slice(from, this.at - 1) : (JSON.parse(text.slice(from - 1, this.at)) as string);
  }

  /** The next value. Words are taken as they are, for the caller to judge; what is nested must be JSON. */
  value(): ScannedValue {
    const next = this.peek();
    if (next === '"') return { kind: 'string', text: this.string() };
    if (next === '[' || next === '{') {
      this.skip();
      return { kind: next === '[' ? 'array' : 'object', text: null };
    }
    return { kind: 'word', text: this.word() };
  }

  /** Passes over a value of any kind, which must be JSON; with `anyWord` but for words such as `NaN`. */
  skip(anyWord = false, depth = 1): void {
    const next = this.peek();
    if (next === '"') this.string();
    else if (next === '{' || next === '[') this.skipNested(next, anyWord, depth);
    else if (anyWord) this.word();
    else this.skipWord();
  }

  private skipNested(open: '{' | '[', anyWord: boolean, depth: number): void {
    if (depth > MAX_DEPTH) throw new MalformedText(`nested deeper than ${MAX_DEPTH} at character ${this.at + 1}`);
    const close = open === '{' ? '}' : ']';
    this.at += 1;
    if (this.take(close)) return;
    do {
      if (open === '{') {
        this.string();
        this.expect(':');
      }
      this.skip(anyWord, depth + 1);
    } while (this.take(','));
    this.expect(close);
  }

  private word(): string {
    WORD.lastIndex = this.at;
    const word = WORD.exec(this.text)?.[0];
    if (word === undefined) throw this.unexpected('a value');
    this.at = WORD.lastIndex;
    return word;
  }

  private skipWord(): void {
    const from = this.at;
    const word = this.word();
    if (word === 'true' || word === 'false' || word === 'null' || isJsonNumber(word)) return;
    this.at = from;
    throw this.unexpected('a JSON value');
  }
}
