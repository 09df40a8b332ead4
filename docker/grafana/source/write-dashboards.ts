import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dashboardFiles } from './all-dashboards.js';

const FOLDER = fileURLToPath(new URL('../dashboards/', import.meta.url));

/** `npm run dashboards`: writes what Grafana is provisioned with, and removes what is no dashboard any more. */
const files = dashboardFiles();
for (const name of readdirSync(FOLDER)) if (!files.has(name)) rmSync(join(FOLDER, name));
for (const [name, text] of files) writeFileSync(join(FOLDER, name), text);
