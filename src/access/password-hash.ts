import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** What a hash costs; its memory is 128 · N · r bytes. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and some 0.3 s. Source: OWASP's password storage cheat sheet. */
const COST: ScryptCost = { N: 2 ** 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** No file makes a log-in cost more than this. */
const MOST_MEMORY_BYTES = 256 * 1024 * 1024;

/** `scrypt$32768$8$3$SALT$KEY`, the last two in base64url. */
export const PASSWORD_HASH = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/;

/** The hash of a password, with its cost and a salt of its own. */
export async function hashPassword(password: string, cost: ScryptCost = COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return textOf(cost, salt, await keyOf(password, salt, cost));
}

/** Whether it is the password of a hash. Without a hash it is not, which takes as long to say. */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const [, N, r, p, salt, key] = PASSWORD_HASH.exec(hash ?? NOBODYS) ?? [];
  if (salt === undefined || key === undefined) throw new Error('not a hash of a password');
  const derived = await keyOf(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(derived, Buffer.from(key, 'base64url')) && hash !== null;
}

/** No password has it. */
const NOBODYS = textOf(COST, Buffer.alloc(SALT_BYTES), Buffer.alloc(KEY_BYTES));

/** One way of writing it for each text: keyboards differ in how they give an é. */
function keyOf(password: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> {
  return derive(password.normalize('NFC'), salt, KEY_BYTES, { ...cost, maxmem: MOST_MEMORY_BYTES });
}

function textOf({ N, r, p }: ScryptCost, salt: Buffer, key: Buffer): string {
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}
