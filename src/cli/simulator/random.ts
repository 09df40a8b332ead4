/**
 * Xoshiro128** by Blackman and Vigna: a small and fast generator that gives the same numbers for the same
 * seed on every machine and every version of Node, which `Math.random` does not. Not for secrets.
 *
 * Source: https://prng.di.unimi.it/xoshiro128starstar.c (public domain), written anew.
 */
export class Random {
  private readonly state: Uint32Array;

  /** Thrown: RangeError when all four words are zero, from which the generator never leaves. */
  constructor(state: readonly [number, number, number, number]) {
    this.state = Uint32Array.from(state);
    if (this.state.every((word) => word === 0)) throw new RangeError('the state of xoshiro128** must not be all zero');
  }

  /** Any text is a seed; near ones (`1`, `2`) give unrelated sequences. */
  static seeded(seed: string): Random {
    let word = hashOf(seed);
    const next = (): number => {
      word = (word + 0x9e3779b9) >>> 0;
      return mix(word);
    };
    return new Random([next(), next(), next(), next() | 1]);
  }

  /** An integer from 0 to 2³² − 1. */
  nextUint32(): number {
    const s = this.state as unknown as [number, number, number, number];
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** A number from 0 (inclusive) to 1 (exclusive). */
  fraction(): number {
    return this.nextUint32() / 0x1_0000_0000;
  }

  /** An integer from `low` to `high`, both inclusive. The bias is below 1 in 10⁵ for spans up to 40,000. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  /** Puts the items into a random order, in place. */
  shuffle(items: { [index: number]: unknown; length: number }): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** FNV-1a over the UTF-16 code units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3, which spreads each bit over all 32. */
function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
