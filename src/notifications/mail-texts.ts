import type { AlarmType } from '../alarm-domain/reading.js';
import type { Customer } from '../customers/customer.js';

export type MailLanguage = 'es' | 'en';

/** Every word of a mail, but for the data. */
export interface MailTexts {
  readonly types: Readonly<Record<AlarmType, string>>;
  readonly subject: (type: string, sensorId: number) => string;
  readonly completedSubject: (type: string, sensorId: number) => string;
  readonly notes: {
    readonly possibleDuplicate: string;
    readonly unknown: string;
    readonly unavailable: string;
    readonly completed: string;
    readonly stillUnknown: string;
  };
  readonly alarm: {
    readonly title: string;
    readonly type: string;
    readonly sensor: string;
    readonly triggeredAt: string;
    readonly alarmId: string;
    readonly policy: string;
    readonly console: string;
  };
  readonly policy: {
    readonly strikes: (n: number) => string;
    readonly noWindow: string;
    readonly window: (seconds: number) => string;
    readonly clearOnNormal: string;
    readonly keepOnNormal: string;
  };
  readonly evidence: {
    readonly title: string;
    readonly readAt: string;
    readonly receivedAt: string;
    readonly movement: string;
    readonly smoke: string;
    readonly temperature: string;
    readonly maximum: string;
    readonly source: string;
  };
  readonly yes: string;
  readonly no: string;
  readonly customerTitle: string;
  readonly customer: Readonly<Record<keyof Customer, string>>;
}

const spanish: MailTexts = {
  types: { motion: 'movimiento', smoke: 'humo', temperature: 'temperatura' },
  subject: (type, sensorId) => `[Vigía] Alarma de ${type}: sensor ${sensorId}`,
  completedSubject: (type, sensorId) => `[Vigía] Datos del cliente: alarma de ${type}, sensor ${sensorId}`,
  notes: {
    possibleDuplicate: 'Posible duplicado: no se sabe si el envío anterior de esta misma alarma llegó a su destino.',
    unknown: 'Sensor desconocido: ningún cliente tiene este sensor.',
    unavailable: 'Los datos del cliente no están disponibles en este momento; se enviarán en otro mensaje.',
    completed: 'Este mensaje completa el aviso enviado antes sin los datos del cliente. No es una alarma nueva.',
    stillUnknown: 'El sensor de esa alarma es desconocido: ningún cliente lo tiene.',
  },
  alarm: {
    title: 'Alarma',
    type: 'Tipo',
    sensor: 'Sensor',
    triggeredAt: 'Activada',
    alarmId: 'Identificador de la alarma',
    policy: 'Regla aplicada',
    console: 'Ver en la consola',
  },
  policy: {
    strikes: (n) => (n === 1 ? 'al primer aviso' : `al aviso número ${n} del mismo tipo`),
    noWindow: 'sin límite de tiempo',
    window: (seconds) => `dentro de ${seconds} s`,
    clearOnNormal: 'una lectura normal borra los avisos',
    keepOnNormal: 'una lectura normal no borra los avisos',
  },
  evidence: {
    title: 'Lecturas que activaron la alarma',
    readAt: 'Hora de la lectura',
    receivedAt: 'Hora de recepción',
    movement: 'Movimiento',
    smoke: 'Humo',
    temperature: 'Temperatura',
    maximum: 'Máxima',
    source: 'Registro',
  },
  yes: 'sí',
  no: 'no',
  customerTitle: 'Cliente',
  customer: {
    id: 'Número de cliente y sensor',
    name: 'Nombre',
    surname: 'Apellidos',
    gender: 'Sexo',
    nationalid: 'Documento de identidad',
    birthday: 'Fecha de nacimiento',
    streetaddress: 'Dirección',
    city: 'Ciudad',
    zipcode: 'Código postal',
    country: 'País',
    telephonecountrycode: 'Prefijo telefónico del país',
    telephonenumber: 'Teléfono',
    latitude: 'Latitud',
    longitude: 'Longitud',
    emailaddress: 'Correo electrónico',
    title: 'Tratamiento',
    occupation: 'Ocupación',
    company: 'Empresa',
    username: 'Nombre de usuario',
    geohash: 'Geohash',
    dashboard: 'Panel (zona)',
  },
};

const english: MailTexts = {
  types: { motion: 'motion', smoke: 'smoke', temperature: 'temperature' },
  subject: (type, sensorId) => `[Vigía] Alarm of ${type}: sensor ${sensorId}`,
  completedSubject: (type, sensorId) => `[Vigía] Customer's data: alarm of ${type}, sensor ${sensorId}`,
  notes: {
    possibleDuplicate: 'Possible duplicate: it is not known whether the earlier mail of this same alarm arrived.',
    unknown: 'Unknown sensor: no customer has this sensor.',
    unavailable: "The customer's data is not available at the moment; it will follow in another message.",
    completed: "This message completes the one sent before without the customer's data. It is not a new alarm.",
    stillUnknown: 'The sensor of that alarm is unknown: no customer has it.',
  },
  alarm: {
    title: 'Alarm',
    type: 'Type',
    sensor: 'Sensor',
    triggeredAt: 'Triggered',
    alarmId: 'Alarm id',
    policy: 'Rule in force',
    console: 'See it in the console',
  },
  policy: {
    strikes: (n) => (n === 1 ? 'at the first strike' : `at strike number ${n} of the same type`),
    noWindow: 'no time limit',
    window: (seconds) => `within ${seconds} s`,
    clearOnNormal: 'a normal reading clears strikes',
    keepOnNormal: 'a normal reading does not clear strikes',
  },
  evidence: {
    title: 'Readings that triggered the alarm',
    readAt: 'Time of the reading',
    receivedAt: 'Received',
    movement: 'Movement',
    smoke: 'Smoke',
    temperature: 'Temperature',
    maximum: 'Maximum',
    source: 'Record',
  },
  yes: 'yes',
  no: 'no',
  customerTitle: 'Customer',
  customer: {
    id: 'Customer and sensor number',
    name: 'Name',
    surname: 'Surname',
    gender: 'Gender',
    nationalid: 'National id',
    birthday: 'Birthday',
    streetaddress: 'Street address',
    city: 'City',
    zipcode: 'Zip code',
    country: 'Country',
    telephonecountrycode: 'Telephone country code',
    telephonenumber: 'Telephone number',
    latitude: 'Latitude',
    longitude: 'Longitude',
    emailaddress: 'E-mail address',
    title: 'Title',
    occupation: 'Occupation',
    company: 'Company',
    username: 'Username',
    geohash: 'Geohash',
    dashboard: 'Dashboard (zone)',
  },
};

export const MAIL_TEXTS: Readonly<Record<MailLanguage, MailTexts>> = { es: spanish, en: english };
