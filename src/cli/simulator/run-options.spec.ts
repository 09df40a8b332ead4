import { OptionsConflict, resolveOptions, type AskedFor } from './run-options.js';

function resolve(asked: Partial<AskedFor>): ReturnType<typeof resolveOptions> {
  return resolveOptions({ seed: '1', url: 'http://127.0.0.1:19092', sensors: 50_000, messageIdPrefix: null, ...asked });
}

describe('resolveOptions', () => {
  it('sends the messages of a preset, compressed at a higher rate', () => {
    expect(resolve({ preset: 'case1' })).toMatchObject({ rate: 692, messages: 1_245_480, durationMs: null });
    const compressed = resolve({ preset: 'case2', compress: 10 });
    expect(compressed.messages).toBe(2_387_547);
    expect(2_387_547 / compressed.rate).toBeCloseTo(180, 0);
  });

  it('lets a duration replace the number of messages of a preset', () => {
    expect(resolve({ preset: 'case1', durationMs: null })).toMatchObject({ messages: null, durationMs: null });
    expect(resolve({ preset: 'case1', durationMs: 5000 })).toMatchObject({ messages: null, durationMs: 5000 });
    expect(resolve({ preset: 'case1', durationMs: 5000, messages: 10 })).toMatchObject({ messages: 10, durationMs: 5000 });
  });

  it('posts singly at low rates and in batches at high ones, in the form that can hold what is asked for', () => {
    expect(resolve({ rate: 20 })).toMatchObject({ batch: 1, form: 'literal' });
    expect(resolve({ rate: 13_264 }).batch).toBeGreaterThanOrEqual(200);
    expect(resolve({ rate: 13_264, batch: 7 }).batch).toBe(7);
    expect(resolve({ messageIdPrefix: 'x' }).form).toBe('object');
  });

  it('refuses options that exclude one another', () => {
    expect(() => resolve({ compress: 10 })).toThrow(OptionsConflict);
    expect(() => resolve({ messageIdPrefix: 'x', form: 'literal' })).toThrow(/--form object/);
  });
});
