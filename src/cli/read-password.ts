import type { Readable } from 'node:stream';

/** Where a password comes from: a terminal, or what is piped in. */
export type PasswordSource = Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };

/** The asking was broken off by Ctrl-C. */
export class NoPassword extends Error {
  constructor() {
    super('no password was given');
    this.name = 'NoPassword';
  }
}

/** The first line of what is piped in; or what is typed at a terminal, which does not show it. Thrown: `NoPassword`. */
export async function readPassword(prompt: string, source: PasswordSource, screen: NodeJS.WritableStream): Promise<string> {
  const isTyped = source.isTTY === true && source.setRawMode !== undefined;
  if (isTyped) screen.write(prompt);
  // Raw, since otherwise the terminal itself shows each key.
  if (isTyped) source.setRawMode?.(true);
  try {
    return await firstLine(source, isTyped);
  } finally {
    if (isTyped) source.setRawMode?.(false);
    source.pause();
    if (isTyped) screen.write('\n');
  }
}

async function firstLine(source: Readable, isTyped: boolean): Promise<string> {
  const typed: string[] = [];
  const decoder = new TextDecoder();
  const take = (key: string): boolean => {
    if (key === '\r' || key === '\n') return true;
    if (isTyped && (key === '\u0003' || key === '\u0004')) throw new NoPassword();
    if (isTyped && (key === '\u007f' || key === '\b')) typed.pop();
    else typed.push(key);
    return false;
  };
  return new Promise((resolve, reject) => {
    const stop = (end: () => void) => {
      source.off('data', onData).off('end', onEnd).off('error', onError);
      end();
    };
    const done = () => (typed.length === 0 ? reject(new NoPassword()) : resolve(typed.join('')));
    const onData = (chunk: Buffer) => {
      try {
        for (const key of decoder.decode(chunk, { stream: true })) if (take(key)) return stop(done);
      } catch (error) {
        stop(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    };
    const onEnd = () => stop(done);
    const onError = (error: Error) => stop(() => reject(error));
    source.on('data', onData).on('end', onEnd).on('error', onError);
    source.resume();
  });
}
