import { SMTPServer } from 'smtp-server';
import { freePort } from '../test/servers/server-process.js';
import type { TakenMail } from './smtp-sink.js';

/** An SMTP server that takes every mail; tells its parent process its port, then each mail. */

const ALARM_ID = /^X-Vigia-Alarm-Id: (\S+)/im;

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  onData: (stream, _session, done) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const alarmId = ALARM_ID.exec(Buffer.concat(chunks).toString('latin1'))?.[1];
      done();
      if (alarmId !== undefined) process.send?.({ alarmId, at: process.hrtime() } satisfies TakenMail);
    });
  },
});
const port = await freePort();
server.listen(port, '127.0.0.1', () => process.send?.(port));
process.on('disconnect', () => process.exit());
