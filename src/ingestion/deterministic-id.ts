import { hash } from 'node:crypto';

/** Vigía's own namespace for name-based ids; part of every stored id, so it never changes. */
export const ID_NAMESPACE = '8f4ed1c6-5d0c-4a3e-9b0e-6a1f0c2f7a11';

const NAMESPACE_BYTES = Buffer.from(ID_NAMESPACE.replaceAll('-', ''), 'hex');
/** Holds the namespace and then a name; of usual length, so that none is made for each id. */
const USUAL = Buffer.concat([NAMESPACE_BYTES], 512);
const MOST_UTF8_BYTES = 3;
/** The two low bits of the digit stay, the high ones become 10. */
const VARIANTS = '89ab';

/**
 * The UUIDv5 of a name: always the same for the same name. An event has two or three of them, so it is made by one
 * call of OpenSSL rather than by the library `uuid`, which takes five times as long. Source: design, "The domain"; RFC 9562, 5.5.
 */
export function idOf(name: string): string {
  const hex = hash('sha1', named(name), 'hex');
  const variant = VARIANTS[Number.parseInt(hex[16] as string, 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function named(name: string): Buffer {
  const { length } = NAMESPACE_BYTES;
  if (name.length * MOST_UTF8_BYTES > USUAL.length - length) return Buffer.concat([NAMESPACE_BYTES, Buffer.from(name)]);
  return USUAL.subarray(0, length + USUAL.write(name, length));
}
