import { formatMessage } from './message-form.js';
import type { PlannedMessage } from './message-plan.js';

const MESSAGE: PlannedMessage = {
  index: 4, topic: 'ENTRY', sensorId: 42959, movement: true, smoke: false, temperatureCelsius: 25.5, maxTemperatureCelsius: 30,
};

describe('formatMessage', () => {
  it('writes the literal form as the source prints it', () => {
    expect(formatMessage(MESSAGE, 'literal', null)).toBe('{"42959", "true", "false", "25.5", "30.0"}');
  });

  it('writes the two JSON forms', () => {
    expect(JSON.parse(formatMessage(MESSAGE, 'array', null))).toEqual(['42959', 'true', 'false', '25.5', '30.0']);
    expect(JSON.parse(formatMessage(MESSAGE, 'object', 'sim-"1"'))).toEqual({
      id: 42959, movement: true, smoke: false, temperature: 25.5, maxTemperature: 30, messageId: 'sim-"1"',
    });
    expect(JSON.parse(formatMessage(MESSAGE, 'object', null))).not.toHaveProperty('messageId');
  });

  it('takes the three forms in turn when mixed', () => {
    const forms = [0, 1, 2].map((index) => formatMessage({ ...MESSAGE, index }, 'mixed', null));
    expect(forms).toEqual(['literal', 'array', 'object'].map((form) => formatMessage(MESSAGE, form as 'literal', null)));
  });
});
