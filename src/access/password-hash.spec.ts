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
    const quickestMs = async (given: string | null): Promise<number> => {
      const times: number[] = [];
      for (let run = 0; run < 3; run += 1) {
        const start = performance.now();
        expect(await isPassword('something else', given)).toBe(false);
        times.push(performance.now() - start);
      }
      return Math.min(...times);
    };
    const ratio = (await quickestMs(null)) / (await quickestMs(hash));
    expect(ratio).toBeGreaterThan(0.4);
    expect(ratio).toBeLessThan(2.5);
  });

  it('of another form is an error, not a wrong password', async () => {
    await expect(isPassword('x', 'plain text')).rejects.toThrow('not a hash');
    await expect(isPassword('x', `scrypt$1048576$64$1$${'A'.repeat(22)}$${'A'.repeat(43)}`)).rejects.toThrow();
  });
});
