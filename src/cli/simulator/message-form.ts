import type { PlannedMessage } from './message-plan.js';

/** How a message is written; `mixed` takes the three in turn. Source: mission, "The message". */
export const MESSAGE_FORMS = ['literal', 'array', 'object', 'mixed'] as const;
export type MessageForm = (typeof MESSAGE_FORMS)[number];

const IN_TURN = ['literal', 'array', 'object'] as const;

/**
 * The message as text on one line: `{"42959", "true", "false", "25.5", "30.0"}` in the source's literal form.
 * A messageId has a place in the object form only.
 */
export function formatMessage(message: PlannedMessage, form: MessageForm, messageId: string | null): string {
  const { sensorId, movement, smoke } = message;
  const temperature = message.temperatureCelsius.toFixed(1);
  const maximum = message.maxTemperatureCelsius.toFixed(1);
  switch (form) {
    case 'literal':
      return `{"${sensorId}", "${movement}", "${smoke}", "${temperature}", "${maximum}"}`;
    case 'array':
      return `["${sensorId}","${movement}","${smoke}","${temperature}","${maximum}"]`;
    case 'object': {
      const identity = messageId === null ? '' : `,"messageId":${JSON.stringify(messageId)}`;
      return `{"id":${sensorId},"movement":${movement},"smoke":${smoke},"temperature":${temperature},"maxTemperature":${maximum}${identity}}`;
    }
    case 'mixed':
      return formatMessage(message, IN_TURN[message.index % IN_TURN.length] as MessageForm, messageId);
  }
}
