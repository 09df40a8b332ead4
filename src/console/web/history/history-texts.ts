import type { Language } from '../texts.js';

const es = {
  title: 'Historia de alarmas',
  presets: { hour: '1 hora', sixHours: '6 horas', day: '24 horas', week: '7 días', month: '30 días', year: '1 año' },
  preset: 'Tramo hasta ahora',
  from: 'Desde',
  to: 'Hasta',
  show: 'Mostrar',
  back: 'Volver',
  types: 'Tipos',
  perStep: (step: string) => `Alarmas por ${step}`,
  steps: { 60: 'minuto', 300: '5 minutos', 900: '15 minutos', 3600: 'hora', 21600: '6 horas', 86400: 'día' } as Record<number, string>,
  chart: (from: string, to: string, total: string) => `Barras apiladas por tipo, del ${from} al ${to}: ${total} alarmas. Los números están en la tabla.`,
  brush: 'Arrastre sobre la gráfica para ampliar; pulse una barra, o su hora en la tabla, para ver sus alarmas.',
  total: 'Total',
  table: 'Tabla de los números',
  time: 'Hora',
  none: 'Ninguna alarma en este tramo',
  alarmsOf: (time: string) => `Alarmas: ${time}`,
  see: (time: string) => `Ver las alarmas: ${time}`,
  countsCsv: 'Números en CSV',
  alarmsCsv: 'Alarmas en CSV',
  badRange: 'El tramo tiene que empezar antes de acabar y durar 400 días como mucho.',
  close: 'Quitar',
};
export type HistoryTexts = typeof es;

const en: HistoryTexts = {
  title: 'Alarm history',
  presets: { hour: '1 hour', sixHours: '6 hours', day: '24 hours', week: '7 days', month: '30 days', year: '1 year' },
  preset: 'Range up to now',
  from: 'From',
  to: 'To',
  show: 'Show',
  back: 'Back',
  types: 'Types',
  perStep: (step) => `Alarms per ${step}`,
  steps: { 60: 'minute', 300: '5 minutes', 900: '15 minutes', 3600: 'hour', 21600: '6 hours', 86400: 'day' },
  chart: (from, to, total) => `Stacked bars by type, ${from} to ${to}: ${total} alarms. The numbers are in the table.`,
  brush: 'Drag over the chart to zoom in; click a bar, or its time in the table, for its alarms.',
  total: 'Total',
  table: 'Table of the numbers',
  time: 'Time',
  none: 'No alarms in this range',
  alarmsOf: (time) => `Alarms: ${time}`,
  see: (time) => `Show the alarms: ${time}`,
  countsCsv: 'Numbers as CSV',
  alarmsCsv: 'Alarms as CSV',
  badRange: 'The range must begin before it ends, and be of 400 days at most.',
  close: 'Remove',
};

export const HISTORY_TEXTS: Readonly<Record<Language, HistoryTexts>> = { es, en };
