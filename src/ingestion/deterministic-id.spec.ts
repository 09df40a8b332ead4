import fc from 'fast-check';
import { v5 } from 'uuid';
import { ID_NAMESPACE, idOf } from './deterministic-id.js';

describe('idOf', () => {
  it('gives the id that it always gave, as it stands in stored events', () => {
    expect(idOf('log|ENTRY|0|0|17|42959|smoke|StrikeRecorded')).toBe('9651d3e1-40e4-5264-8cf1-f71f009ae969');
  });

  it('is the UUIDv5 that the library gives, for names of any length and script', () => {
    const names = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme', minLength: 150, maxLength: 600 }));
    fc.assert(fc.property(names, (name) => expect(idOf(name)).toBe(v5(name, ID_NAMESPACE))));
  });
});
