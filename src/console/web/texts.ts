import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { AlarmType, EmailState, HealthStatus } from './api.js';

export const LANGUAGES = ['es', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Every text of the page, once per language; the type of the first holds the second to it. */
const es = {
  title: 'Central de alarmas',
  live: 'En directo',
  connecting: 'Conectando…',
  stale: 'Sin señal',
  staleBanner: (since: string) => `Sin datos en directo desde las ${since}. Lo que se ve es el último estado conocido.`,
  health: { up: 'Operativo', degraded: 'Degradado', down: 'Caído', unknown: 'Sin respuesta' } satisfies Record<HealthStatus | 'unknown', string>,
  parts: 'Partes del sistema',
  lagEvents: (n: string) => `${n} eventos de retraso`,
  lagSeconds: (n: string) => `${n} s de retraso`,
  openAlarms: 'Alarmas abiertas',
  activeSensors: 'Sensores en alarma',
  ofSensors: (n: string) => `de ${n}`,
  lastHour: 'Alarmas en la última hora',
  unplaced: 'Sensores sin lugar',
  unplacedActive: (n: string) => `${n} en alarma`,
  map: 'Mapa',
  allZones: 'Todas las zonas',
  allTypes: 'Todos los tipos',
  type: { motion: 'Movimiento', smoke: 'Humo', temperature: 'Temperatura' } satisfies Record<AlarmType, string>,
  zone: 'Zona',
  sensors: 'sensores',
  active: 'en alarma',
  calm: 'en calma',
  legendCalm: 'sensores en calma',
  legendActive: 'sensores en alarma',
  cell: (geohash: string) => `Celda ${geohash}`,
  clearCell: 'Quitar el filtro de la celda',
  none: 'Ninguna alarma abierta',
  noneHere: 'Ninguna alarma abierta con este filtro',
  sensor: 'Sensor',
  more: 'Mostrar más',
  showing: (n: string, of: string) => `${n} de ${of}`,
  email: { pending: 'Correo pendiente', sent: 'Correo enviado', held: 'Correo retenido', withheld: 'Sin correo', parked: 'Correo aparcado' } satisfies Record<EmailState, string>,
  perMinute: 'Alarmas por minuto',
  lastSixty: 'Últimos 60 minutos',
  close: 'Cerrar',
  status: { open: 'Abierta', recovered: 'Recuperada' },
  triggeredAt: 'Activada',
  recoveredAt: 'Recuperada',
  noZone: 'Sin lugar conocido',
  alarmId: 'Id. de la alarma',
  policy: 'Regla',
  policyText: (n: number, minutes: number | null) =>
    `${n} ${n === 1 ? 'aviso' : 'avisos'}${minutes === null ? ', sin límite de tiempo' : ` en ${minutes} min`}`,
  evidence: 'Lecturas que la provocaron',
  readAt: 'Hora',
  yes: 'sí',
  no: 'no',
  maximum: 'máx.',
  emailRecord: 'Correo',
  emailText: 'Texto del correo',
  emailNotHere: 'El texto está en el buzón de vigilancia.',
  loading: 'Cargando…',
  failed: 'No se pudo cargar. Se reintentará.',
  events: {
    NotificationRequested: 'Pedido',
    NotificationClaimed: 'Intento',
    NotificationSent: 'Enviado',
    NotificationFailed: 'Fallido',
    NotificationParked: 'Aparcado',
    NotificationRequeued: 'Pedido de nuevo',
    NotificationCompleted: 'Completado',
  } as Record<string, string>,
  language: 'Idioma',
};
export type Texts = typeof es;

const en: Texts = {
  title: 'Alarm centre',
  live: 'Live',
  connecting: 'Connecting…',
  stale: 'No signal',
  staleBanner: (since) => `No live data since ${since}. What you see is the last known state.`,
  health: { up: 'Operational', degraded: 'Degraded', down: 'Down', unknown: 'No answer' },
  parts: 'Parts of the system',
  lagEvents: (n) => `${n} events behind`,
  lagSeconds: (n) => `${n} s behind`,
  openAlarms: 'Open alarms',
  activeSensors: 'Sensors in alarm',
  ofSensors: (n) => `of ${n}`,
  lastHour: 'Alarms in the last hour',
  unplaced: 'Sensors without a place',
  unplacedActive: (n) => `${n} in alarm`,
  map: 'Map',
  allZones: 'All zones',
  allTypes: 'All types',
  type: { motion: 'Motion', smoke: 'Smoke', temperature: 'Temperature' },
  zone: 'Zone',
  sensors: 'sensors',
  active: 'in alarm',
  calm: 'calm',
  legendCalm: 'calm sensors',
  legendActive: 'sensors in alarm',
  cell: (geohash) => `Cell ${geohash}`,
  clearCell: 'Remove the cell filter',
  none: 'No open alarms',
  noneHere: 'No open alarms with this filter',
  sensor: 'Sensor',
  more: 'Show more',
  showing: (n, of) => `${n} of ${of}`,
  email: { pending: 'E-mail pending', sent: 'E-mail sent', held: 'E-mail held', withheld: 'No e-mail', parked: 'E-mail parked' },
  perMinute: 'Alarms per minute',
  lastSixty: 'Last 60 minutes',
  close: 'Close',
  status: { open: 'Open', recovered: 'Recovered' },
  triggeredAt: 'Triggered',
  recoveredAt: 'Recovered',
  noZone: 'No known place',
  alarmId: 'Alarm id',
  policy: 'Rule',
  policyText: (n, minutes) => `${n} ${n === 1 ? 'strike' : 'strikes'}${minutes === null ? ', no time limit' : ` within ${minutes} min`}`,
  evidence: 'Readings that led to it',
  readAt: 'Time',
  yes: 'yes',
  no: 'no',
  maximum: 'max.',
  emailRecord: 'E-mail',
  emailText: 'Text of the e-mail',
  emailNotHere: 'The text is in the monitoring mailbox.',
  loading: 'Loading…',
  failed: 'Loading failed. It will be tried again.',
  events: {
    NotificationRequested: 'Requested',
    NotificationClaimed: 'Attempt',
    NotificationSent: 'Sent',
    NotificationFailed: 'Failed',
    NotificationParked: 'Parked',
    NotificationRequeued: 'Requested again',
    NotificationCompleted: 'Completed',
  },
  language: 'Language',
};

export const TEXTS: Readonly<Record<Language, Texts>> = { es, en };

/** The language asked for before, or the browser's. */
export function firstLanguage(): Language {
  const kept = localStorage.getItem('language');
  if (kept === 'es' || kept === 'en') return kept;
  return navigator.language.toLowerCase().startsWith('es') ? 'es' : 'en';
}

export const LanguageContext = createContext<Language>('es');

export function useTexts(): Texts {
  return TEXTS[useContext(LanguageContext)];
}
