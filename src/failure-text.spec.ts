import { failureText } from './failure-text.js';
import { StoreUnavailable } from './event-store/event-store.js';
import { DataDirInUse } from './storage/data-dir-lock.js';

describe('what is said of an error', () => {
  it('of one that someone can put right: what it says, and its cause where that says more', () => {
    const inUse = new DataDirInUse('data', null);
    expect(failureText(inUse)).toBe(inUse.message);
    expect(failureText(new StoreUnavailable('no answer', { cause: new Error('refused') }))).toBe('no answer; nothing was stored, try again later\n  refused');
    expect(failureText(new StoreUnavailable('no answer'))).toBe('no answer; nothing was stored, try again later');
    expect(failureText(Object.assign(new Error('port 3000 is taken'), { code: 'EADDRINUSE' }))).toBe('port 3000 is taken');
  });

  it('of any other: its stack, unless the caller knows it as plain', () => {
    class NoConsole extends Error {}
    const error = new NoConsole('none listens');
    expect(failureText(error)).toBe(error.stack);
    expect(failureText(error, [NoConsole])).toBe('none listens');
    expect(failureText('a string')).toBe('a string');
  });
});
