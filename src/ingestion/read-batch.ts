import { sensorIdOf, type SensorMessage } from '../alarm-domain/sensor-message.js';
import type { SourcePosition } from '../alarm-domain/source-position.js';
import type { LogBatch } from '../message-log/message-log.js';
import type { DeadLetterToAdd } from './dead-letters.js';
import { toSensorMessage } from './sensor-message.js';

/** A batch of the log whose records have been read. */
export interface ReadBatch {
  readonly batch: LogBatch;
  /** Of the record at an offset of the batch. */
  readonly sourceOf: (offset: number) => SourcePosition;
  /** In the order of the log. */
  readonly messages: readonly { readonly sensorId: number; readonly message: SensorMessage }[];
  /** Records that are no message. */
  readonly unreadable: readonly DeadLetterToAdd[];
}

/** Reads the records of a batch of `log`; `epoch`: see `SourcePosition`. */
export function readBatch(log: string, epoch: number, batch: LogBatch): ReadBatch {
  const { topic, partition } = batch;
  const sourceOf = (offset: number): SourcePosition => ({ log, topic, partition, epoch, offset });
  const messages: { sensorId: number; message: SensorMessage }[] = [];
  const unreadable: DeadLetterToAdd[] = [];
  for (const record of batch.records) {
    const source = sourceOf(record.offset);
    const message = toSensorMessage(record, source);
    if (message.type === 'unreadable') unreadable.push({ record, source, reason: message.reason });
    else messages.push({ sensorId: sensorIdOf(message), message });
  }
  return { batch, sourceOf, messages, unreadable };
}
