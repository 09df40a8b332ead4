import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AccessControl } from '../access/access-control.js';
import { USER_ROLES, type Access, type UserRole } from '../access/user-role.js';
import { systemClock } from '../clock.js';
import { readConfig } from '../config.js';
import { machines } from '../../test/support/accounts.js';
import { ConsoleBench } from '../../test/support/console-bench.js';
import { UndeclaredAccess, type DeclaredRoute } from './route-access.js';
import { apiAdapter } from './status.module.js';

/** Every route × every role over real HTTP. The routes are those of the running server, so that none can be left out. */

const { accounts, tokens } = machines();
const pageFolder = mkdtempSync(join(tmpdir(), 'vigia-page-'));
for (const page of ['index.html', 'api-docs.html', 'favicon.svg']) writeFileSync(join(pageFolder, page), '<title>Vigía</title>');

let bench: ConsoleBench;
beforeAll(async () => {
  bench = await ConsoleBench.start({ accounts, pageFolder });
});
afterAll(() => bench.stop());

const WHO = [null, ...USER_ROLES] as const;

/** A route with something in the place of each parameter, that is there nowhere. */
const pathOf = (url: string): string => url.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000');

async function statusOf({ method, url }: DeclaredRoute, role: UserRole | null): Promise<number> {
  const headers = { ...(role === null ? {} : { Authorization: `Bearer ${tokens[role]}` }), ...(method === 'POST' ? { 'Content-Type': 'application/json' } : {}) };
  const ended = new AbortController();
  // No body that any route takes: who may come in is told so, and nothing is done.
  const answer = await fetch(`${bench.url}${pathOf(url)}`, { method, headers, signal: ended.signal, ...(method === 'POST' ? { body: '{"no":"command"}' } : {}) });
  ended.abort();
  return answer.status;
}

/** What the guard answers; 'in' when it lets the request in. */
function expected(access: Access, role: UserRole | null): 'in' | 401 | 403 {
  if (access === 'probe' || access === 'anyone') return 'in';
  if (role === null) return 401;
  return USER_ROLES.indexOf(role) >= USER_ROLES.indexOf(access) ? 'in' : 403;
}

it('every route answers whom it declares, and nobody else', async () => {
  const wrong: string[] = [];
  for (const route of bench.routes) {
    for (const role of WHO) {
      const status = await statusOf(route, role);
      const got = status === 401 || status === 403 ? status : 'in';
      if (got !== expected(route.access, role) || status >= 500) wrong.push(`${route.method} ${route.url} for ${role ?? 'nobody'}: ${status}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(bench.routes.length).toBeGreaterThan(50);
});

it('the routes are all that the router has', () => {
  const printed = bench.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const inRouter = printed.split('\n').reduce((sum, line) => sum + (/\(([A-Z, ]+)\)$/.exec(line)?.[1]?.split(',').length ?? 0), 0);
  expect(inRouter).toBe(bench.routes.length);
});

it('the OpenAPI document has them all, each with whom it answers', async () => {
  const { body } = await bench.get<{ paths: Record<string, Record<string, { 'x-access': Access; security: object[] }>>; components: { securitySchemes: object } }>('/api/openapi.json');
  const documented = Object.entries(body.paths).flatMap(([path, operations]) => Object.entries(operations).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation['x-access']] as const));
  const ofApi = bench.routes.filter(({ method, url }) => method !== 'HEAD' && (url.startsWith('/api/') || url === '/metrics') && !['/api/docs', '/api/openapi.json'].includes(url));
  expect(new Map(documented)).toEqual(new Map(ofApi.map(({ method, url, access }) => [`${method} ${url.replace(/:(\w+)/g, '{$1}')}`, access])));
  for (const operations of Object.values(body.paths)) {
    for (const { 'x-access': access, security } of Object.values(operations)) expect(security).toEqual(['probe', 'anyone'].includes(access) ? [] : [{ session: [] }, { token: [] }]);
  }
  expect(Object.keys(body.components.securitySchemes)).toEqual(['session', 'token']);
});

it('docs/log-in.md says of each what changes something, and of each that answers anyone, who may', () => {
  const rows = [...readFileSync(new URL('../../docs/log-in.md', import.meta.url), 'utf8').matchAll(/^\| `([A-Z]+ \S+)` \| (\w+) \|/gm)].map(([, route, access]) => [route, access]);
  const told = bench.routes
    .filter(({ method, url, access }) => method !== 'HEAD' && (method !== 'GET' || (access !== 'auditor' && (url.startsWith('/api/') || url === '/metrics'))))
    .map(({ method, url, access }) => [`${method} ${url.replace(/:(\w+)/g, '{$1}')}`, access]);
  expect(new Map(rows as [string, string][])).toEqual(new Map(told as [string, string][]));
  expect(rows.length).toBe(told.length);
});

it('what only reads is for auditors, and what an auditor may is only to read', () => {
  const api = bench.routes.filter(({ url }) => url.startsWith('/api/'));
  expect(api.filter(({ method, access }) => method === 'GET' && !['auditor', 'anyone', 'probe'].includes(access))).toEqual([]);
  const changing = api.filter(({ method, access }) => !['GET', 'HEAD'].includes(method) && !['operator', 'administrator'].includes(access));
  expect(changing.map(({ url }) => url).sort()).toEqual(['/api/operations/reconcile', '/api/session', '/api/session/end']);
});

it('a route that does not declare whom it answers keeps the application from starting', async () => {
  class ForgetfulController {
    find(): string {
      return 'all customers';
    }
  }
  Controller('api/forgotten')(ForgetfulController);
  Get()(ForgetfulController.prototype, 'find', Object.getOwnPropertyDescriptor(ForgetfulController.prototype, 'find')!);
  const testing = await Test.createTestingModule({ controllers: [ForgetfulController] }).compile();
  const doors = readConfig({ VIGIA_DATA_DIR: bench.dir });
  const start = testing.createNestApplication(apiAdapter(doors, await AccessControl.open(doors, systemClock)), { logger: false }).init();
  await expect(start).rejects.toThrow(UndeclaredAccess);
  await expect(start).rejects.toThrow('GET /api/forgotten does not declare whom it answers');
});
