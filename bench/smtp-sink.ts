import { SMTPServer } from 'smtp-server';
import { freePort } from '../test/servers/server-process.js';

/** Takes every mail, and says of which alarm it tells. */
export async function startSmtp(onMail: (alarmId: string) => void): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const alarmId = /^X-Vigia-Alarm-Id: (\S+)/im.exec(Buffer.concat(chunks).toString('latin1'))?.[1];
        done();
        if (alarmId !== undefined) onMail(alarmId);
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  return { url: `smtp://127.0.0.1:${port}`, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}
