import type { Language } from '../texts.js';

const es = {
  sensorsOf: (cell: string) => `Sensores de la celda ${cell}`,
  range: (first: string, last: string) => `${first} – ${last}`,
  previous: 'Anteriores',
  next: 'Siguientes',
  none: 'Ningún sensor',
  compass: { north: 'N', east: 'E', south: 'S', west: 'O' },
};
export type MapTexts = typeof es;

const en: MapTexts = {
  sensorsOf: (cell) => `Sensors of cell ${cell}`,
  range: (first, last) => `${first} – ${last}`,
  previous: 'Previous',
  next: 'Next',
  none: 'No sensors',
  compass: { north: 'N', east: 'E', south: 'S', west: 'W' },
};

export const MAP_TEXTS: Readonly<Record<Language, MapTexts>> = { es, en };
