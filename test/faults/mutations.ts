/** The product with one of its protections taken away, as a change of its source. */
export interface Mutation {
  readonly removes: string;
  /** Whether it takes seeds with supervised sensors. */
  readonly isSupervised?: true;
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
}

/** Each must be noticed by the simulation within its first 200 seeds; see mutations.spec.ts. */
export const MUTATIONS: readonly Mutation[] = [
  {
    removes: 'recognition of a record that is delivered again, by its position',
    edits: [{ file: 'src/alarm-domain/sensor.ts', find: 'if (last && isAtOrBefore(message.source, last)) return true;', replace: '' }],
  },
  {
    removes: 'recognition of a repeat by its messageId',
    edits: [{ file: 'src/alarm-domain/sensor.ts', find: 'return message.messageId !== null && state.messageIds.includes(message.messageId);', replace: 'return false;' }],
  },
  {
    removes: 'expected revision of the append to a sensor’s stream',
    edits: [{ file: 'src/ingestion/batch-handler.ts', find: "events.map(toAppend), revision ?? 'no-stream')", replace: "events.map(toAppend), 'any')" }],
  },
  {
    removes: 'expected revision of a receipt',
    edits: [{ file: 'src/ingestion/receipt-book.ts', find: "[event], revision ?? 'no-stream')", replace: "[event], 'any')" }],
  },
  {
    removes: 'receipt only after the appends',
    edits: [
      {
        file: 'src/ingestion/batch-handler.ts',
        find: 'events.length > 0 ? await this.append(sensorId, events, before.revision) : before.revision;',
        replace: 'events.length > 0 ? (void this.append(sensorId, events, before.revision).catch(() => undefined), (before.revision ?? -1n) + BigInt(events.length)) : before.revision;',
      },
    ],
  },
  {
    removes: 'receipt only after the dead letters',
    edits: [{ file: 'src/ingestion/batch-handler.ts', find: 'this.deadLetters.add(batch.topic, unreadable)),', replace: 'void this.deadLetters.add(batch.topic, unreadable).catch(() => undefined) ?? Promise.resolve()),' }],
  },
  {
    removes: 'end of a group before a reading behind an OK of its sensor',
    edits: [{ file: 'src/ingestion/batch-groups.ts', find: '!hasEarlierOk && ', replace: '' }],
  },
  {
    removes: 'readings that an OK of the same group has found handled',
    edits: [{ file: 'src/ingestion/batch-handler.ts', find: "if (batch.topic === 'ENTRY') handledThrough = withLast(handledThrough, read.sourceOf(batch.lastOffset));", replace: '' }],
  },
  {
    removes: 'time of the reading in its alarm',
    edits: [{ file: 'src/alarm-domain/decided-events.ts', find: 'triggeredAt: completing.readAt,', replace: 'triggeredAt: completing.receivedAt,' }],
  },
  {
    removes: 'bounds of the time that a sensor says',
    edits: [{ file: 'src/alarm-domain/reading-time.ts', find: 'return isPlausible ? sensorAtMs : receivedAtMs;', replace: 'return isPlausible || sensorAtMs < receivedAtMs ? sensorAtMs : receivedAtMs;' }],
  },
  {
    removes: 'hold of the e-mails of a shelved sensor',
    edits: [{ file: 'src/alarm-domain/sensor.ts', find: "(event.type === 'AlarmTriggered' ? held(event, shelving) : event)", replace: 'event' }],
  },
  {
    removes: 'expected revision of an operator’s command',
    edits: [{ file: 'src/alarm-life/sensor-commands.ts', find: "events.map(toAppend), revision ?? 'no-stream')", replace: "events.map(toAppend), 'any')" }],
  },
  {
    removes: 'record of what was sent',
    edits: [{ file: 'src/alarm-domain/notification.ts', find: "return [event(context, 'NotificationSent', `${delivery.attempt}`, { ...delivery })];", replace: 'return [];' }],
  },
  {
    removes: 'mark of a copy that may be a second one',
    edits: [{ file: 'src/alarm-domain/notification-next-step.ts', find: "{ step: 'claim', possibleDuplicate: true, reason: 'claim-without-outcome' }", replace: "{ step: 'claim', possibleDuplicate: mayHaveGone, reason: 'claim-without-outcome' }" }],
  },
  {
    removes: 'look at the lease before a mail is begun',
    edits: [
      { file: 'src/notifications/alarm-notifier.ts', find: 'if (stopping.aborted || !term.isHeld()) return', replace: 'if (stopping.aborted) return' },
      { file: 'src/notifications/alarm-notifier.ts', find: 'if (!term.isHeld()) return {', replace: "if (alarmId === '') return {" },
    ],
  },
  {
    removes: 'ear for what a process tells of silences that was frozen',
    isSupervised: true,
    edits: [{ file: 'src/alarm-life/supervision.ts', find: 'if (told !== null) this.hear(told);', replace: '' }],
  },
];
