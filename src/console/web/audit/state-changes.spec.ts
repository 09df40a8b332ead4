import type { SensorAudit } from '../api.js';
import { changesBetween } from './state-changes.js';

type State = SensorAudit['state'];

const NOTHING = { openAlarms: {}, strikes: {}, shelving: null, silence: null } as State;
const open = (alarmId: string, by: string | null = null) => ({ ...NOTHING, openAlarms: { smoke: { alarmId, acknowledged: by === null ? null : { by } } } }) as unknown as State;
const strikes = (count: number) => ({ ...NOTHING, strikes: { smoke: Array(count).fill({}) } }) as unknown as State;
const shelved = (eventId: string) => ({ ...NOTHING, shelving: { eventId } }) as unknown as State;
const silent = (eventId: string) => ({ ...NOTHING, silence: { eventId } }) as unknown as State;

it.each<[string, State, State, object[]]>([
  ['an alarm opens', NOTHING, open('a'), [{ what: 'opened', type: 'smoke' }]],
  ['an alarm ends', open('a'), NOTHING, [{ what: 'ended', type: 'smoke' }]],
  ['one ends and another opens', open('a'), open('b'), [{ what: 'ended', type: 'smoke' }, { what: 'opened', type: 'smoke' }]],
  ['an alarm goes on', open('a'), open('a'), []],
  ['an alarm is acknowledged', open('a'), open('a', 'ana'), [{ what: 'acknowledged', type: 'smoke' }]],
  ['an acknowledged alarm goes on', open('a', 'ana'), open('a', 'ana'), []],
  ['an acknowledged alarm ends', open('a', 'ana'), NOTHING, [{ what: 'ended', type: 'smoke' }]],
  ['a strike comes', strikes(1), strikes(2), [{ what: 'strikes', type: 'smoke', before: 1, after: 2 }]],
  ['strikes are cleared', strikes(2), NOTHING, [{ what: 'strikes', type: 'smoke', before: 2, after: 0 }]],
  ['a sensor is shelved', NOTHING, shelved('1'), [{ what: 'shelved' }]],
  ['it is shelved anew', shelved('1'), shelved('2'), [{ what: 'reshelved' }]],
  ['it is shelved no more', shelved('1'), NOTHING, [{ what: 'unshelved' }]],
  ['a sensor goes silent', NOTHING, silent('1'), [{ what: 'silent' }]],
  ['it returns', silent('1'), NOTHING, [{ what: 'returned' }]],
  ['it stays silent', silent('1'), silent('1'), []],
  ['nothing happens to a shelved one', shelved('1'), shelved('1'), []],
])('between two states %s', (_what, before, after, expected) => {
  expect(changesBetween(before, after)).toEqual(expected);
});
