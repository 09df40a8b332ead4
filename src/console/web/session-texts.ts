import type { UserRole } from '../../access/user-role.js';
import type { Language } from './texts.js';

const es = {
  name: 'Nombre',
  password: 'Contraseña',
  logIn: 'Entrar',
  checking: 'Comprobando…',
  logOut: 'Salir',
  ended: 'Su sesión ha terminado. Entre para seguir donde estaba.',
  wrong: 'No hay tal nombre con esa contraseña.',
  failed: 'No se ha podido entrar. Inténtelo de nuevo.',
  tooMany: (seconds: number) => `Demasiados intentos. Inténtelo de nuevo dentro de ${seconds} s.`,
  notLoggedOut: 'No se ha podido salir: el servidor no responde.',
  loggedInAs: (name: string) => `Ha entrado como ${name}`,
  as: (name: string) => `En nombre de ${name}`,
  role: 'Puede',
  roles: { auditor: 'Auditar', operator: 'Operar', administrator: 'Administrar' } satisfies Record<UserRole, string>,
  rolesExplained: {
    auditor: 'Ver todo, sin cambiar nada.',
    operator: 'Ver todo, y atender alarmas, sensores y correos.',
    administrator: 'Todo, también los clientes, los mensajes no leídos y los modelos de lectura.',
  } satisfies Record<UserRole, string>,
};

const en: typeof es = {
  name: 'Name',
  password: 'Password',
  logIn: 'Log in',
  checking: 'Checking…',
  logOut: 'Log out',
  ended: 'Your session has ended. Log in to go on where you were.',
  wrong: 'There is no such name and password.',
  failed: 'The log-in failed. Try again.',
  tooMany: (seconds) => `Too many attempts. Try again in ${seconds} s.`,
  notLoggedOut: 'Not logged out: the server does not answer.',
  loggedInAs: (name) => `Logged in as ${name}`,
  as: (name) => `In the name of ${name}`,
  role: 'May',
  roles: { auditor: 'Audit', operator: 'Operate', administrator: 'Administer' },
  rolesExplained: {
    auditor: 'See everything, change nothing.',
    operator: 'See everything, and handle alarms, sensors and e-mails.',
    administrator: 'Everything, also customers, dead letters and read models.',
  },
};

export const SESSION_TEXTS: Readonly<Record<Language, typeof es>> = { es, en };
