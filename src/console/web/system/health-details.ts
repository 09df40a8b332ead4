import { useContext } from 'preact/hooks';
import { LanguageContext } from '../texts.js';

/** The clauses of which the server's sentences about its parts are made, and what they are in Spanish. Of errors it has none: these stay as they are. */
const IN_SPANISH: readonly (readonly [clause: RegExp, spanish: string])[] = [
  [/^started$/, 'en marcha'],
  [/^starting: (.+)$/, 'arranca: $1'],
  [/^begins after the start$/, 'empieza tras el arranque'],
  [/^takes readings$/, 'acepta lecturas'],
  [/^answers$/, 'responde'],
  [/^stopped$/, 'parado'],
  [/^readings wait in the log$/, 'las lecturas esperan en el registro'],
  [/^(\d+) records behind the log$/, 'registros por leer: $1'],
  [/^(\d+) records were deleted from the log before they were processed$/, 'registros borrados antes de leerlos: $1'],
  [/^waits for its partitions$/, 'espera sus particiones'],
  [/^begins with partition ([\d, ]+)$/, 'empieza con la partición $1'],
  [/^done by other processes$/, 'lo hacen otros procesos'],
  [/^done by other processes, whose receipts are (\d+) records behind the log$/, 'lo hacen otros procesos; registros por leer según sus recibos: $1'],
  [/^(\d+) sensors supervised, (\d+) silent$/, 'sensores vigilados: $1, en silencio: $2'],
  [/^(\d+) grew silent together: a fault of the path to us\?$/, 'callaron a la vez: $1; ¿un fallo del camino hasta aquí?'],
  [/^(\d+)\.(\d) GiB free in the data folder$/, '$1,$2 GiB libres en la carpeta de datos'],
  [/^(\d+) events behind$/, 'sucesos por leer: $1'],
  [/^(\d+) events parked$/, 'sucesos aparcados: $1'],
  [/^(\d+) alarms to be published$/, 'alarmas por publicar: $1'],
  [/^(\d+) unreadable$/, 'ilegibles: $1'],
  [/^(\d+) e-mails pending$/, 'correos pendientes: $1'],
  [/^(\d+) parked$/, 'aparcados: $1'],
  [/^(\d+) follow-ups given up$/, 'correos con los datos del cliente no enviados: $1'],
  [/^(\d+) customers$/, 'clientes: $1'],
  [/^(\d+) lines written$/, 'líneas escritas: $1'],
  [/^read here, written by a process with role project$/, 'se lee aquí; lo escribe un proceso con el papel project'],
  [/^map and counts are the embedded ones$/, 'el mapa y los números son los propios'],
  [/^waits for its lease$/, 'espera su turno'],
  [/^done by (.+), term (\d+)$/, 'lo hace $1, turno $2'],
];

const BETWEEN = '; ';

/** What the server says of a part, clause by clause; one that is not known stays as it is. */
export function detailInSpanish(detail: string): string {
  const inSpanish = (clause: string) => {
    const [pattern, spanish] = IN_SPANISH.find(([known]) => known.test(clause)) ?? [];
    return pattern === undefined || spanish === undefined ? clause : clause.replace(pattern, spanish);
  };
  return detail.split(BETWEEN).map(inSpanish).join(BETWEEN);
}

/** What the server says of a part, in the language of the page. */
export function useDetailText(): (detail: string) => string {
  return useContext(LanguageContext) === 'es' ? detailInSpanish : (detail) => detail;
}
