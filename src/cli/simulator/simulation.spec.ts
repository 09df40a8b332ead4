import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../clock.js';
import { IngestClient, UnexpectedAnswer } from './ingest-client.js';
import { Random } from './random.js';
import { resolveOptions, type AskedFor } from './run-options.js';
import { MAX_REQUESTS, Simulation, type SimulationReport } from './simulation.js';

/** What the target does with a request instead of storing it and answering 200. */
type Fault = 'answers late' | 'drops before storing' | 'drops after storing' | 'says 503' | 'says 500 after storing' | 'stores half of a batch';

interface StoredMessage {
  readonly topic: string;
  readonly sensorId: number;
  readonly text: string;
  readonly messageId: string | null;
}

/** A small ingest endpoint that does what it is told to do wrong, and keeps what it stored in its order. */
class Target {
  readonly stored: StoredMessage[] = [];
  readonly bodies: string[] = [];
  mostAtOnce = 0;
  /** Asked for each request. */
  fault: () => Fault | null = () => null;
  answer: ((response: http.ServerResponse) => void) | null = null;
  private atOnce = 0;
  private readonly server = http.createServer((request, response) => void this.handle(request, response));

  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (request.url === '/_ping') return void response.end('pong');
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    response.once('close', () => (this.atOnce -= 1));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    this.bodies.push(body);
    if (this.answer) return this.answer(response);
    const topic = /^\/topics\/(ENTRY|OK)\/messages/.exec(request.url ?? '')?.[1] ?? 'none';
    const isBatch = request.headers['content-type'] === 'application/x-ndjson';
    const texts = isBatch ? body.split('\n') : [body];

    const fault = this.fault();
    if (fault === 'drops before storing') return void request.socket.destroy();
    if (fault === 'says 503') return void response.writeHead(503, { 'retry-after': '0' }).end('{}');
    const isHalf = fault === 'stores half of a batch' && isBatch;
    const offsets = texts.map((text, at) => {
      if (isHalf && at % 2 === 1) return { partition: null, offset: null, error_code: 503, error: 'log is down' };
      return { partition: 0, offset: this.store(topic, text), error_code: null };
    });
    if (fault === 'drops after storing') return void request.socket.destroy();
    if (fault === 'says 500 after storing') return void response.writeHead(500).end();
    if (fault === 'answers late') await systemClock.sleep(30);
    response.writeHead(isHalf ? 207 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isBatch ? { offsets } : offsets[0]));
  }

  private store(topic: string, text: string): number {
    const sensorId = Number(/\d+/.exec(text)?.[0]);
    const messageId = /"messageId":"([^"]+)"/.exec(text)?.[1] ?? null;
    return this.stored.push({ topic, sensorId, text, messageId }) - 1;
  }
}

const FAULTS: readonly Fault[] = ['answers late', 'drops before storing', 'drops after storing', 'says 503', 'says 500 after storing', 'stores half of a batch'];

/** One request in four goes wrong. */
function anyFault(): () => Fault | null {
  const random = Random.seeded('faults');
  return () => (random.integer(1, 4) === 1 ? (FAULTS[random.integer(0, FAULTS.length - 1)] as Fault) : null);
}

describe('Simulation', () => {
  let target: Target;
  let url: string;
  beforeEach(async () => {
    target = new Target();
    url = await target.start();
  });
  afterEach(() => target.stop());

  async function run(asked: Partial<AskedFor>, interrupt = new AbortController().signal, timeoutMs = 2000): Promise<SimulationReport> {
    const options = resolveOptions({
      seed: '1', url, sensors: 300, rate: 20_000, abnormal: 0.1, messages: 3000, batch: 50, messageIdPrefix: null, ...asked,
    });
    return new Simulation(options, new IngestClient(new URL(url), 4 * MAX_REQUESTS, timeoutMs), systemClock).run(interrupt);
  }

  /** The messages of each sensor, in the order in which they were stored. */
  function storedBySensor(): Map<number, StoredMessage[]> {
    const bySensor = new Map<number, StoredMessage[]>();
    for (const message of target.stored) bySensor.set(message.sensorId, [...(bySensor.get(message.sensorId) ?? []), message]);
    return bySensor;
  }

  it('sends the same messages in the same order per sensor for the same seed, whatever the batches and delays', async () => {
    await run({ batch: 50 });
    const first = storedBySensor();
    target.stored.length = 0;
    target.fault = () => 'answers late';
    await run({ batch: 7, rate: 60_000 });
    expect(storedBySensor()).toEqual(first);
    target.stored.length = 0;
    await run({ seed: '2' });
    expect(storedBySensor()).not.toEqual(first);
  });

  it('keeps the order of each sensor over both topics, and foretells the same, under failures of every kind', async () => {
    const undisturbed = await run({ messageIdPrefix: 'x' });
    target.stored.length = 0;
    target.fault = anyFault();
    const report = await run({ messageIdPrefix: 'x' });

    expect(report).toMatchObject({ sent: 3000, acknowledged: 3000, refused: 0, unknown: 0, notStored: 0, uncertain: [] });
    expect(report.retries).toBeGreaterThan(0);
    expect(target.stored.length).toBeGreaterThan(3000);
    for (const messages of storedBySensor().values()) {
      const indexes = messages.map(({ messageId }) => Number(messageId?.split('-')[1]));
      expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
    }
    expect(new Set(target.stored.map(({ messageId }) => messageId)).size).toBe(3000);
    expect(target.stored.some(({ topic }) => topic === 'OK')).toBe(true);

    const told = ({ foretold }: SimulationReport): string[] =>
      foretold.map(({ sensorId, type, triggeredByMessageId, recovered }) => `${sensorId} ${type} ${triggeredByMessageId} ${recovered}`).sort();
    expect(told(report).length).toBeGreaterThan(20);
    expect(told(report)).toEqual(told(undisturbed));
  });

  it('counts in its report what the target has stored', async () => {
    const report = await run({ form: 'mixed' });
    const ofTopic = (topic: string): number => target.stored.filter((message) => message.topic === topic).length;
    expect(report.byTopic).toEqual({ ENTRY: ofTopic('ENTRY'), OK: ofTopic('OK') });
    expect(report.normal + report.abnormal).toBe(report.byTopic.ENTRY);
    expect(report.alarms.open + report.alarms.recovered).toBe(report.alarms.total);
    expect(report.foretold).toHaveLength(report.alarms.total);
    for (const { sensorId, offset } of report.foretold) expect(target.stored[offset]?.sensorId).toBe(sensorId);
    expect(report.durationSeconds).toBeGreaterThan(0.14);
  });

  it('keeps the rate without drift', async () => {
    const { durationSeconds } = await run({ rate: 1000, messages: 1500, batch: 40 });
    expect(durationSeconds).toBeGreaterThanOrEqual(1.499);
    expect(durationSeconds).toBeLessThan(3);
  });

  it('posts messages singly in the source\'s literal form, with a bounded number under way', async () => {
    target.fault = () => 'answers late';
    const report = await run({ batch: 1, messages: 400 });
    expect(report.acknowledged).toBe(400);
    for (const body of target.bodies) expect(body).toMatch(/^\{"\d+", "(true|false)", "(true|false)", "\d+\.\d", "\d+\.\d"\}$/);
    expect(target.mostAtOnce).toBeGreaterThan(4);
    expect(target.mostAtOnce).toBeLessThanOrEqual(MAX_REQUESTS);
  });

  it('does not send a message without id again when it may be stored, and says so', async () => {
    target.fault = anyFault();
    const report = await run({ abnormal: 0.3 });
    expect(report.unknown).toBeGreaterThan(0);
    expect(report.retries).toBe(0);
    expect(report.acknowledged + report.unknown).toBe(3000);
    expect(target.bodies.flatMap((body) => body.split('\n'))).toHaveLength(3000);
    expect(target.stored.length).toBeLessThan(3000);
    expect(report.uncertain.length).toBeGreaterThan(0);
    const uncertain = new Set(report.uncertain);
    expect(report.foretold.filter(({ sensorId }) => uncertain.has(sensorId))).toEqual([]);
  });

  it('waits while nothing listens, even without ids, for nothing can be stored then', async () => {
    const port = Number(new URL(url).port);
    await target.stop();
    const running = run({ messages: 200 });
    await systemClock.sleep(300);
    target = new Target();
    await target.start(port);
    const report = await running;
    expect(report).toMatchObject({ acknowledged: 200, unknown: 0 });
    expect(report.errors['ECONNREFUSED']).toBeGreaterThan(0);
    expect(target.stored).toHaveLength(200);
  });

  it('sends again when no answer comes in time', async () => {
    let isFirst = true;
    target.answer = (response) => {
      if (isFirst) isFirst = false;
      else target.answer = null;
      void response;
    };
    const report = await run({ messages: 20, batch: 20, messageIdPrefix: 'x' }, undefined, 200);
    expect(report).toMatchObject({ acknowledged: 20, unknown: 0 });
    expect(report.errors['no answer within 200 ms']).toBeGreaterThan(0);
  });

  it('counts what is refused, with the first bodies, and foretells nothing from it', async () => {
    target.answer = (response) => void response.writeHead(422).end('{"error":"movement: expected true or false"}');
    const report = await run({ messages: 500 });
    expect(report).toMatchObject({ sent: 500, acknowledged: 0, refused: 500, foretold: [], retries: 0 });
    expect(report.refusals[0]).toEqual({ status: 422, body: '{"error":"movement: expected true or false"}' });
    expect(report.refusals.length).toBeLessThanOrEqual(5);
  });

  it('ends with an error when the target is no ingest endpoint', async () => {
    target.answer = (response) => void response.end('<html>welcome</html>');
    await expect(run({})).rejects.toThrow(UnexpectedAnswer);
    await expect(run({})).rejects.toThrow(/welcome/);
  });

  it('ends cleanly when interrupted, also while the target is down, and accounts for all it sent', async () => {
    const interrupt = new AbortController();
    const running = run({ rate: 2000, messages: 1_000_000, messageIdPrefix: 'x' }, interrupt.signal);
    await systemClock.sleep(300);
    await target.stop();
    await systemClock.sleep(300);
    const interruptedAt = systemClock.now();
    interrupt.abort();
    const report = await running;
    expect(systemClock.now() - interruptedAt).toBeLessThan(3000);
    expect(report.acknowledged).toBeGreaterThan(100);
    expect(report.acknowledged + report.unknown + report.notStored).toBe(report.sent);
    expect(report.notStored).toBeGreaterThan(0);
    target = new Target();
    await target.start();
  });

  it('ends by time when a duration is set', async () => {
    const report = await run({ durationMs: 400, rate: 1000, messages: 1_000_000 });
    expect(report.durationSeconds).toBeGreaterThanOrEqual(0.4);
    expect(report.acknowledged).toBeGreaterThan(250);
    expect(report.acknowledged).toBeLessThanOrEqual(500);
  });
});
