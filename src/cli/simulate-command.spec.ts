import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../clock.js';
import { addSimulateCommand } from './simulate-command.js';
import type { SimulationReport } from './simulator/simulation.js';

describe('vigia simulate', () => {
  let folder: string;
  let url: string;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const count = Buffer.concat(chunks).toString().split('\n').length;
      const isBatch = request.headers['content-type'] === 'application/x-ndjson';
      response.end(JSON.stringify(isBatch ? { offsets: Array.from({ length: count }, (_, offset) => ({ partition: 0, offset })) } : { partition: 0, offset: 0 }));
    });
  });
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vigia-simulate-'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  /** Runs the command; what it would print as an error is thrown. */
  async function simulate(...args: string[]): Promise<SimulationReport> {
    const report = join(folder, 'report.json');
    const program = new Command('vigia').exitOverride().configureOutput({ writeErr: () => undefined });
    addSimulateCommand(program);
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
    await program.parseAsync(['simulate', '--url', url, '--quiet', '--json', report, ...args], { from: 'user' });
    return JSON.parse(readFileSync(report, 'utf8')) as SimulationReport;
  }

  it('writes the report of the run that was asked for', async () => {
    const report = await simulate('--seed', 'abc', '--messages', '500', '--rate', '20000', '--message-ids', '--sensors', '100', '--abnormal', '0.2');
    expect(report).toMatchObject({ seed: 'abc', sent: 500, acknowledged: 500, options: { form: 'object', rate: 20_000, plan: { sensors: 100 } } });
    expect(report.foretold.length).toBeGreaterThan(0);
    expect(report.foretold[0]?.triggeredByMessageId).toMatch(/^sim-[0-9a-f]{8}-\d+$/);
  });

  it('writes what each message was answered', async () => {
    const answers = join(folder, 'answers.jsonl');
    await simulate('--messages', '300', '--rate', '20000', '--message-ids', '--answers', answers);
    const lines = readFileSync(answers, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { text: string });
    expect(lines).toHaveLength(300);
    for (const line of lines) expect(line).toEqual({ topic: expect.stringMatching(/^(ENTRY|OK)$/), text: expect.any(String), outcome: 'acknowledged', partition: 0, offset: expect.any(Number) });
    expect(new Set(lines.map(({ text }) => (JSON.parse(text) as { messageId: string }).messageId)).size).toBe(300);
  });

  it('takes another seed each time when none is given', async () => {
    const seeds = [await simulate('--messages', '1'), await simulate('--messages', '1')].map(({ seed }) => seed);
    expect(seeds[0]).not.toBe(seeds[1]);
  });

  it('runs for the time that was asked for', async () => {
    const report = await simulate('--preset', 'case1', '--duration', '0.5s');
    expect(report.durationSeconds).toBeGreaterThanOrEqual(0.5);
    expect(report.durationSeconds).toBeLessThan(3);
  });

  it.each(['forever', '0'])('runs until Ctrl-C with --duration %s, then ends and reports', async (duration) => {
    const running = simulate('--preset', 'case1', '--duration', duration);
    await systemClock.sleep(700);
    process.emit('SIGINT');
    const report = await running;
    expect(report.options).toMatchObject({ messages: null, durationMs: null });
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.acknowledged).toBe(report.sent);
  });

  it.each([
    [['--rate', 'fast'], /--rate.*'fast'.*number from/s],
    [['--sensors', '1.5'], /--sensors.*integer from/s],
    [['--duration', '5'], /--duration.*90s, 30m/s],
    [['--preset', 'case3'], /--preset.*case1, case2/s],
    [['--url', 'ftp://host'], /--url.*http/s],
    [['--compress', '10'], /--compress needs --preset/],
    [['--message-ids', '--form', 'array'], /--message-ids needs --form object/],
  ])('refuses %j with an error that names it', async (args, message) => {
    await expect(simulate(...args)).rejects.toThrow(message);
  });

  it('says when no endpoint answers', async () => {
    await expect(simulate('--url', 'http://127.0.0.1:1', '--wait', '0')).rejects.toThrow(/no ingest endpoint answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)/);
  });
});
