import { CHEAP } from '../../test/support/accounts.js';
import { hashPassword, isPassword, PASSWORD_HASH } from './password-hash.js';

describe('a password', () => {
  it('is known by its hash, which has its own cost and salt', async () => {
    const [one, other] = await Promise.all([hashPassword('contraseña larga', CHEAP), hashPassword('contraseña larga', CHEAP)]);
    expect(one).toMatch(PASSWORD_HASH);
    expect(one).toMatch(/^scrypt\$1024\$8\$1\$/);
    expect(one).not.toBe(other);
    expect(await isPassword('contraseña larga', one)).toBe(true);
    expect(await isPassword('contraseña larga '.normalize('NFD').trimEnd(), one)).toBe(true);
    for (const wrong of ['', 'contraseña larg', 'contraseña larga ', 'Contraseña larga']) expect(await isPassword(wrong, one)).toBe(false);
  });

  it('without a hash is none, and that takes as long to say as a wrong one', async () => {
    const hash = await hashPassword('contraseña larga');
    const tookMs = async (given: string | null): Promise<number> => {
      const start = performance.now();
      expect(await isPassword('something else', given)).toBe(false);
      return performance.now() - start;
    };
    // In turn, lest a machine that is busy for a while slow down one of them only.
    const [without, wrong]: [number[], number[]] = [[], []];
    for (let run = 0; run < 5; run += 1) {
      without.push(await tookMs(null));
      wrong.push(await tookMs(hash));
    }
    const ratio = Math.min(...without) / Math.min(...wrong);
    expect(ratio).toBeGreaterThan(0.4);
    expect(ratio).toBeLessThan(2.5);
  });

  it('of another form is an error, not a wrong password', async () => {
    await expect(isPassword('x', 'plain text')).rejects.toThrow('not a hash');
    await expect(isPassword('x', `scrypt$1048576$64$1$${'A'.repeat(22)}$${'A'.repeat(43)}`)).rejects.toThrow();
  });
});
