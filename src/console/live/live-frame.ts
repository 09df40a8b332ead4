/**
 * One server-sent event. `id` is the event store position up to which a client that has it knows all; null
 * for what says nothing of that.
 */
export interface LiveFrame {
  readonly event: 'hello' | 'alarm' | 'map' | 'counts' | 'shelved' | 'reset' | 'heartbeat';
  readonly id: string | null;
  readonly data: object;
}

/** The frame as it goes over the wire; JSON has no line breaks of its own. */
export function toWire({ event, id, data }: LiveFrame): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
