import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { IGNORE_REASONS } from './sensor.js';

const rulesPage = readFileSync(new URL('../../docs/alarm-rules.md', import.meta.url), 'utf8');
const sources = new URL('..', import.meta.url);
const specs = readdirSync(fileURLToPath(sources), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.spec.ts') && !file.endsWith('alarm-rules.spec.ts'))
  .map((file) => readFileSync(new URL(file, sources), 'utf8'));

describe('docs/alarm-rules.md', () => {
  it.each(['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7'])('%s is on the page, and in the title of a spec', (rule) => {
    expect(rulesPage).toContain(`| **${rule}** |`);
    expect(specs.some((text) => new RegExp(`(describe|it)\\([^\\n]*\\b${rule}\\b`).test(text))).toBe(true);
  });

  it('has a row for each reason to ignore a record, and for no other', () => {
    const section = rulesPage.slice(rulesPage.indexOf('## What is ignored'));
    const rows = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]);
    expect(rows.sort()).toEqual([...IGNORE_REASONS].sort());
  });
});
