import { choiceOf, isSensorId, searchOf, type AuditChoice } from './audit-choice.js';

const NONE: AuditChoice = { asOfMs: null, zone: null, cell: null, sensor: null, revision: null, speed: 60 };
const NOON = Date.parse('2026-03-01T12:00:00.000Z');

describe('the address of the audit', () => {
  it.each<[string, AuditChoice]>([
    ['', NONE],
    ['?asOf=2026-03-01T12:00:00.000Z', { ...NONE, asOfMs: NOON }],
    ['?asOf=2026-03-01T12:00:00.000Z&zone=Mediterranean&speed=600', { ...NONE, asOfMs: NOON, zone: 'Mediterranean', speed: 600 }],
    ['?zone=UK&cell=gcp', { ...NONE, zone: 'UK', cell: 'gcp' }],
    ['?asOf=2026-03-01T12:00:00.000Z&sensor=7', { ...NONE, asOfMs: NOON, sensor: '7' }],
    ['?zone=UK&sensor=7&revision=0&speed=1', { ...NONE, zone: 'UK', sensor: '7', revision: 0, speed: 1 }],
  ])('%j is a choice, and is written so again', (search, choice) => {
    expect(choiceOf(search)).toEqual(choice);
    const written = new URLSearchParams(searchOf(choice));
    expect([...written].sort()).toEqual([...new URLSearchParams(search)].sort());
  });

  it('an event of a sensor stands in the place of a time', () => {
    expect(searchOf({ ...NONE, asOfMs: NOON, sensor: '7', revision: 3 })).toBe('?sensor=7&revision=3');
  });

  it.each(['?asOf=yesterday', '?zone=Atlantis', '?cell=London', '?sensor=x', '?sensor=2147483648', '?revision=3', '?sensor=7&revision=x', '?speed=61', '?speed=-1'])('what is none in %j is left out', (search) => {
    const { sensor } = choiceOf(search);
    expect(choiceOf(search)).toEqual({ ...NONE, sensor });
    expect(sensor === null || search.includes('sensor=7')).toBe(true);
  });

  it('a sensor is a number of 31 bits, written without zeros before it', () => {
    expect(choiceOf('?sensor=0000042959').sensor).toBe('42959');
    expect(['0', '2147483647', '2147483648', '-1', '1.5', '', '00000000001'].map(isSensorId)).toEqual([true, true, false, false, false, false, false]);
  });
});
