import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { append, newDir, triggered } from '../../test/support/projection-events.js';
import { waitFor } from '../../test/support/wait-for.js';
import { systemClock } from '../clock.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { ProjectionRunner } from './projection-runner.js';
import type { Projection } from './projection.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs', 'adding-a-projection.md'), 'utf8');

/** The page's files by their path: each code block that begins with the name of one. */
const files = new Map([...PAGE.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```/gm)].map((match) => [join(ROOT, match[1] as string), match[2] as string]));

function sourceOf(ending: string): string {
  const found = [...files].find(([path]) => path.endsWith(ending));
  if (!found) throw new Error(`the page has no file ${ending}`);
  return found[1];
}

describe('docs/adding-a-projection.md', () => {
  it('has code that fits the types, in the places that it names', () => {
    const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
    const options = ts.getParsedCommandLineOfConfigFile(join(ROOT, 'tsconfig.json'), {}, host)?.options ?? {};
    const onDisk = ts.createCompilerHost(options);
    const compiler: ts.CompilerHost = {
      ...onDisk,
      fileExists: (path) => files.has(path) || onDisk.fileExists(path),
      readFile: (path) => files.get(path) ?? onDisk.readFile(path),
      getSourceFile: (path, target) => (files.has(path) ? ts.createSourceFile(path, files.get(path) as string, target) : onDisk.getSourceFile(path, target)),
    };
    expect(files.size).toBe(3);
    const program = ts.createProgram([...files.keys()], options, compiler);
    const problems = [...files.keys()].flatMap((path) => ts.getPreEmitDiagnostics(program, program.getSourceFile(path)));
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  }, 60_000);

  it('has a projection that the runner keeps, and reads that find its rows', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-docs-'));
    const paths = ['alarms-per-sensor.projection', 'alarms-per-sensor-reads'].map((name) => {
      const { outputText } = ts.transpileModule(sourceOf(`${name}.ts`), { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
      writeFileSync(join(dir, `${name}.mjs`), outputText.replaceAll(".js'", ".mjs'"));
      return pathToFileURL(join(dir, `${name}.mjs`)).href;
    });
    const { alarmsPerSensor } = (await import(paths[0] as string)) as { alarmsPerSensor: Projection };
    const { AlarmsPerSensorReads } = (await import(paths[1] as string)) as { AlarmsPerSensorReads: new (sink: LibsqlProjectionSink) => { most(limit: number): unknown[] } };
    const data = newDir();
    const store = await LibsqlEventStore.open(data, { clock: systemClock });
    const sink = await LibsqlProjectionSink.open(data);
    const runner = new ProjectionRunner([alarmsPerSensor], store, sink, systemClock, () => undefined);
    await runner.start();
    await append(store, [triggered({ alarm: 'a', sensorId: 7 }), triggered({ alarm: 'b', sensorId: 8 }), triggered({ alarm: 'c', sensorId: 7, second: 60 })]);
    const reads = new AlarmsPerSensorReads(sink);
    await waitFor('the rows', () => reads.most(10).length === 2 && JSON.stringify(reads.most(1)).includes('"alarms":2'));
    expect(reads.most(1)).toEqual([{ sensorId: 7, alarms: 2, lastAt: '2026-03-01T12:01:00.000Z' }]);
    await runner.stop();
    await store.close();
    await sink.close();
  });
});
