import { Foretelling } from './foretelling.js';
import type { PlannedMessage } from './message-plan.js';

type Told = 'normal' | 'motion' | 'smoke' | 'heat' | 'fire' | 'at maximum' | 'OK';

const NORMAL = { topic: 'ENTRY', movement: false, smoke: false, temperatureCelsius: 25.5, maxTemperatureCelsius: 30 } as const;
const MESSAGES: Record<Told, Omit<PlannedMessage, 'index' | 'sensorId'>> = {
  normal: NORMAL,
  motion: { ...NORMAL, movement: true },
  smoke: { ...NORMAL, smoke: true },
  heat: { ...NORMAL, temperatureCelsius: 30.1 },
  fire: { ...NORMAL, smoke: true, temperatureCelsius: 61 },
  'at maximum': { ...NORMAL, temperatureCelsius: 30 },
  OK: { ...NORMAL, topic: 'OK' },
};

function message(told: Told, sensorId = 7): PlannedMessage {
  return { index: 0, sensorId, ...MESSAGES[told] };
}

/** The alarms after the messages of one sensor, as `type@index of the triggering message`, with `ok` when recovered. */
function after(...told: Told[]): string[] {
  const foretelling = new Foretelling();
  told.forEach((what, at) => foretelling.acknowledged(message(what), `m${at}`, { partition: 1, offset: 100 + at }));
  return foretelling.alarms().map((alarm) => {
    expect(alarm).toMatchObject({ sensorId: 7, partition: 1, triggeredByMessageId: `m${alarm.offset - 100}` });
    return `${alarm.type}@${alarm.offset - 100}${alarm.recovered ? ' ok' : ''}`;
  });
}

describe('Foretelling', () => {
  it('R1: foretells nothing from normal readings, also at the maximum itself', () => {
    expect(after('normal', 'at maximum', 'at maximum', 'at maximum', 'normal')).toEqual([]);
  });

  it('R2: foretells an alarm from the first motion', () => {
    expect(after('normal', 'motion')).toEqual(['motion@1']);
  });

  it('R3: foretells an alarm from the third strike of a type, whatever comes between', () => {
    expect(after('smoke', 'smoke')).toEqual([]);
    expect(after('smoke', 'normal', 'smoke', 'normal', 'smoke')).toEqual(['smoke@4']);
    expect(after('heat', 'heat', 'heat')).toEqual(['temperature@2']);
  });

  it('R3: does not add strikes of two types together', () => {
    expect(after('smoke', 'heat', 'smoke', 'heat')).toEqual([]);
    expect(after('fire', 'smoke', 'heat', 'fire')).toEqual(['smoke@3', 'temperature@3']);
  });

  it('R5: an OK recovers all open alarms and clears the strikes', () => {
    expect(after('motion', 'smoke', 'smoke', 'OK', 'smoke')).toEqual(['motion@0 ok']);
    expect(after('fire', 'fire', 'fire', 'motion', 'OK')).toEqual(['smoke@2 ok', 'temperature@2 ok', 'motion@3 ok']);
    expect(after('OK', 'smoke', 'smoke', 'OK', 'smoke', 'smoke', 'smoke')).toEqual(['smoke@6']);
  });

  it('R7: foretells no second alarm of a type while one is open, and a new one after recovery', () => {
    expect(after('motion', 'motion', 'motion')).toEqual(['motion@0']);
    expect(after('smoke', 'smoke', 'smoke', 'smoke', 'smoke', 'smoke')).toEqual(['smoke@2']);
    expect(after('motion', 'OK', 'motion')).toEqual(['motion@0 ok', 'motion@2']);
  });

  it('keeps sensors apart', () => {
    const foretelling = new Foretelling();
    for (const sensorId of [1, 2, 3]) foretelling.acknowledged(message('smoke', sensorId), null, { partition: 0, offset: sensorId });
    expect(foretelling.alarms()).toEqual([]);
  });

  it('says nothing of a sensor of which an abnormal reading or an OK may or may not be stored', () => {
    const foretelling = new Foretelling();
    for (const sensorId of [1, 2, 3]) foretelling.acknowledged(message('motion', sensorId), null, { partition: 0, offset: sensorId });
    foretelling.unknown(message('smoke', 1));
    foretelling.unknown(message('normal', 2));
    foretelling.unknown(message('OK', 3));
    expect(foretelling.uncertainSensors()).toEqual([1, 3]);
    expect(foretelling.alarms().map((alarm) => alarm.sensorId)).toEqual([2]);
  });

  it('forgets the oldest recovered alarms beyond its bound, never an open one, and still counts them', () => {
    const foretelling = new Foretelling(10);
    foretelling.acknowledged(message('motion', 1), null, { partition: 0, offset: 0 });
    for (let sensorId = 2; sensorId <= 31; sensorId++) {
      for (const told of ['motion', 'OK'] as const) foretelling.acknowledged(message(told, sensorId), null, { partition: 0, offset: sensorId });
    }
    expect(foretelling.raised).toBe(31);
    expect(foretelling.alarms().length + foretelling.omitted).toBe(31);
    expect(foretelling.alarms().length).toBeLessThanOrEqual(12);
    expect(foretelling.alarms()).toContainEqual(expect.objectContaining({ sensorId: 1, recovered: false }));
  });
});
