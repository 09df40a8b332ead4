import type { Language } from '../texts.js';

const es = {
  title: 'Teclas',
  explained: 'Valen fuera de los campos de texto.',
  areOn: 'Teclas de una letra activas',
  close: 'Cerrar',
  everywhere: 'En todas las páginas',
  onTheMap: 'En el mapa',
  onAlarms: 'En la página de alarmas',
  keys: {
    pages: 'panorama, alarmas, historia, carga, auditoría, sistema',
    wall: 'pantalla mural, y de vuelta',
    sheet: 'estas teclas',
    close: 'cerrar lo que está encima',
    step: 'de control en control',
    cell: 'de celda en celda',
    inAlarm: 'celda con alarmas siguiente, anterior',
    sensors: 'sus alarmas y sus sensores, y ya no',
    move: 'alarma siguiente, anterior',
    select: 'elegir la alarma',
    range: 'elegir también las de en medio',
    open: 'ver la alarma',
    acknowledge: 'reconocer las elegidas, o la señalada',
    shelve: 'pausar sus sensores',
    none: 'no elegir ninguna',
  },
};
export type KeyboardTexts = typeof es;

const en: KeyboardTexts = {
  title: 'Keys',
  explained: 'They work outside text fields.',
  areOn: 'Single-letter keys are on',
  close: 'Close',
  everywhere: 'On every page',
  onTheMap: 'On the map',
  onAlarms: 'On the page of alarms',
  keys: {
    pages: 'overview, alarms, history, load, audit, system',
    wall: 'wall screen, and back',
    sheet: 'these keys',
    close: 'close what lies on top',
    step: 'from control to control',
    cell: 'from cell to cell',
    inAlarm: 'next, previous cell with alarms',
    sensors: 'its alarms and its sensors, and no longer',
    move: 'next, previous alarm',
    select: 'select the alarm',
    range: 'select those in between too',
    open: 'show the alarm',
    acknowledge: 'acknowledge the selected, or the one in focus',
    shelve: 'shelve their sensors',
    none: 'select none',
  },
};

export const KEYBOARD_TEXTS: Readonly<Record<Language, KeyboardTexts>> = { es, en };
