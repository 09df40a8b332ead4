import { BadEventStoreUrl, parseEventStoreUrl, withOwnConnection } from './eventstoredb-url.js';

function refusal(url: string): string {
  try {
    parseEventStoreUrl(url);
  } catch (error) {
    if (error instanceof BadEventStoreUrl) return error.message;
    throw error;
  }
  return '';
}

describe('parseEventStoreUrl', () => {
  it.each([
    ['esdb://127.0.0.1', 'esdb://127.0.0.1:2113', '127.0.0.1:2113'],
    ['esdb://store:2114/?tls=false', 'esdb://store:2114?tls=false', 'store:2114'],
    [' esdb://a,b:2115?nodePreference=leader&keepAliveInterval=10000 ', 'esdb://a:2113,b:2115?nodePreference=leader&keepAliveInterval=10000', 'a:2113, b:2115'],
    ['esdb+discover://cluster.example', 'esdb+discover://cluster.example:2113', 'cluster.example:2113'],
    ['esdb://vigia:p%40ss%3Aword@store?', 'esdb://vigia:p%40ss%3Aword@store:2113', 'store:2113'],
  ])('takes %s', (url, connectionString, servers) => {
    expect(parseEventStoreUrl(url)).toEqual({ connectionString, servers });
  });

  it.each([
    ['http://store', 'not a connection string'],
    ['esdb://', 'host ""'],
    ['esdb://[::1]:2113', 'expected a name or an IPv4 address'],
    ['esdb://store:99999', 'port 99999 of store'],
    ['esdb://a,,b', 'host ""'],
    ['esdb+discover://a,b', 'takes one DNS name'],
    ['esdb://user@store', 'user:password'],
    ['esdb://store?tls=no', 'tls=no, expected true or false'],
    ['esdb://store?tls', 'tls has no value'],
    ['esdb://store?tlsVerifyCert=false', 'tlsVerifyCert=false, expected true'],
    ['esdb://store?throwOnAppendFailure=false', 'throwOnAppendFailure=false'],
    ['esdb://store?node_preference=follower', 'nodePreference=follower, expected leader'],
    ['esdb://store?tlsCaFile=/nowhere/ca.pem', 'tlsCAFile: file /nowhere/ca.pem'],
    ['esdb://store?userCertFile=/dev/null', 'go together'],
    ['esdb://store?gossipTimeout=5s', 'gossipTimeout=5s, expected a whole number'],
    ['esdb://store?pool=1', 'unknown setting "pool"'],
    ['esdb://store?tls=true?', 'a ? or @'],
    ['esdb://store?connectionName=%zz', 'connectionName: a %'],
  ])('refuses %s and says why', (url, why) => {
    expect(refusal(url)).toContain(why);
    expect(refusal(url)).toMatch(/^EVENTSTORE_URL: .*; expected esdb:\/\//);
  });

  it.each([
    'esdb://vigia:se:cret@store',
    'esdb://vigia:se@cret@store',
    'esdb://vigia:se/cret@store',
    'esdb://vigia:se?cret@store',
    'esdb://vigia:se,cret@store',
    'esdb://vigia:se%cret@store',
    'esdb://vigia:secret@',
    'esdb://vigia:secret',
    'esdb://vigia:secret@store?tls=false',
    'esdb://vigia:secret@store?pool=1',
  ])('has the password of %s in no message', (url) => {
    expect(refusal(url)).not.toBe('');
    expect(refusal(url)).not.toMatch(/cret|se[:@/?,%]/);
  });
});

describe('withOwnConnection', () => {
  it('gives each client other settings, next to those that are there', () => {
    const timeouts = ['esdb://a:2113', 'esdb://a:2113', 'esdb://a:2113?tls=false&keep_alive_timeout=500'].map((url) => {
      const own = withOwnConnection(url);
      expect(parseEventStoreUrl(own).connectionString).toBe(own);
      expect(own).toMatch(url.includes('tls') ? /^esdb:\/\/a:2113\?tls=false&keep_alive_timeout=\d+$/ : /^esdb:\/\/a:2113\?keepAliveTimeout=\d+$/);
      return Number(own.split('=').at(-1));
    });
    const [first = 0, second = 0, third = 0] = timeouts;
    expect([second - first, third - first]).toEqual([1, 500 - 10_000 + 2]);
  });
});
