import { writeFileSync } from 'node:fs';
import { CATALOGUE_FILE, renderCatalogue } from './event-catalogue.js';

/** Writes docs/event-catalogue.md anew: `npm run event-catalogue`. */
writeFileSync(CATALOGUE_FILE, renderCatalogue());
