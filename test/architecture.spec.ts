import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
}

/** The imports of a folder's files but its specs; what is imported is named from that folder on. */
function importsIn(root: string, isLookedAt: (file: string) => boolean = () => true): Import[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.spec.ts') && isLookedAt(file));
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const targets = [
      ...text.matchAll(/^(?:import|export)\s(?:type\s)?(?:[\w*\s{},]+\sfrom\s)?'([^']+)';/gm),
      ...text.matchAll(/\bimport\(\s*'([^']+)'/g),
    ];
    return targets.map((match) => {
      const named = match[1] as string;
      const target = named.startsWith('.') ? relative(root, join(root, dirname(file), named)) : named;
      return { file, folder: folderOf(file), target };
    });
  });
}

/** Every import of the product's sources; the page's own sources are left out. */
const imports = importsIn(SRC, (file) => !file.startsWith(join('console', 'web')));

function folderOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] as string) : '.';
}

const isOurs = (target: string) => target.endsWith('.js') && !target.startsWith('kafkajs/');

/** The flow, from left to right: a folder imports from itself and from what stands on a line before its own. */
const FLOW = [
  ['alarm-domain'],
  ['storage', 'connecting'],
  ['access', 'event-store', 'message-log', 'customers'],
  ['leases'],
  ['ingestion'],
  ['moving'],
  ['projections'],
  ['alarm-life'],
  ['notifications'],
  ['console'],
  ['.'],
  ['cli'],
];
/** Small files of the top folder that anything but the domain may use. */
const COMMON = ['clock.js', 'config.js', 'config-variables.js', 'crash-point.js', 'roles.js', 'server-limits.js', 'tokens.js', 'total-counters.js'];

const NEST_FILES = /(^main|^application|^nest-logger|\.(module|controller|decorator|transport|query|command|filter))\.ts$/;

/** Which file may import a client library. */
const CLIENTS: Record<string, RegExp> = {
  libsql: /^storage\//,
  'libsql/promise': /^storage\//,
  nodemailer: /^notifications\/(smtp-mailer|mailbox-folder-mailer|mime-mail|smtp-url)\.ts$/,
  kafkajs: /^message-log\/kafka\//,
  'kafkajs/src/network/requestQueue/index.js': /^message-log\/kafka\/kafkajs-idle\.ts$/,
  'kafkajs/src/network/connection.js': /^message-log\/kafka\/kafkajs-connections\.ts$/,
  'lz4-napi': /^message-log\/kafka\//,
  snappy: /^message-log\/kafka\//,
  zstddec: /^message-log\/kafka\//,
  '@eventstore/db-client': /^event-store\//,
  'cassandra-driver': /^customers\/cassandra\//,
  '@influxdata/influxdb-client': /^projections\//,
};

describe('the architecture', () => {
  it('has sources to look at', () => expect(imports.length).toBeGreaterThan(200));

  it('the domain imports only itself', () => {
    expect(imports.filter(({ folder, target }) => folder === 'alarm-domain' && !target.startsWith('alarm-domain/'))).toEqual([]);
  });

  it('no folder imports from one to its right in the flow', () => {
    const level = (folder: string) => FLOW.findIndex((folders) => folders.includes(folder));
    const unknown = imports.filter(({ folder }) => level(folder) < 0);
    const wrong = imports.filter(({ file, folder, target }) => {
      if (!isOurs(target) || COMMON.includes(target) || COMMON.includes(file.replace(/\.ts$/, '.js'))) return false;
      const to = folderOf(target);
      return to !== folder && level(to) >= level(folder);
    });
    expect({ unknown, wrong }).toEqual({ unknown: [], wrong: [] });
  });

  it('the common files of the top folder import nothing of ours but the domain and one another', () => {
    const wrong = imports.filter(({ file, target }) => COMMON.includes(file.replace(/\.ts$/, '.js')) && isOurs(target) && !target.startsWith('alarm-domain/') && !COMMON.includes(target));
    expect(wrong).toEqual([]);
  });

  it('Nest stays at the edge', () => {
    expect(imports.filter(({ file, target }) => target.startsWith('@nestjs/') && !NEST_FILES.test(file))).toEqual([]);
  });

  it('only an adapter imports its client', () => {
    const wrong = imports.filter(({ file, target }) => CLIENTS[target] !== undefined && !CLIENTS[target].test(file));
    expect(wrong).toEqual([]);
  });

  it('the verifier, which judges the product by its outputs, has nothing of it: it imports only itself and Node', () => {
    const ofVerifier = importsIn(fileURLToPath(new URL('faults/verifier', import.meta.url)));
    expect(ofVerifier.length).toBeGreaterThan(20);
    expect(ofVerifier.filter(({ target }) => target.startsWith('..') || (!target.endsWith('.js') && !target.startsWith('node:')))).toEqual([]);
  });

  it('has no barrel', () => {
    expect(imports.filter(({ target }) => isOurs(target) && target.endsWith('/index.js'))).toEqual([]);
  });

  it('reads the clock only through the clock', () => {
    const allowed = new Set(['clock.ts']);
    const wrong = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.startsWith('console/web') && !allowed.has(file))
      .filter((file) => /\bDate\.now\(|\bsetTimeout\(|\bsetInterval\(|\bnew Date\(\)/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(wrong).toEqual([]);
  });
});
