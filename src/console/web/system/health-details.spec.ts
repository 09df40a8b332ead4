import { detailInSpanish } from './health-details.js';

it.each([
  ['answers', 'responde'],
  ['0 events behind; 2 events parked; disk full; a retry helps', 'sucesos por leer: 0; sucesos aparcados: 2; disk full; a retry helps'],
  ['stopped; 17 events behind; the customer store gave no answer', 'parado; sucesos por leer: 17; the customer store gave no answer'],
  ['0.4 GiB free in the data folder', '0,4 GiB libres en la carpeta de datos'],
  ['12 sensors supervised, 3 silent; 3 grew silent together: a fault of the path to us?', 'sensores vigilados: 12, en silencio: 3; callaron a la vez: 3; ¿un fallo del camino hasta aquí?'],
  ['done by vigia-2 (pid 7), term 4', 'lo hace vigia-2 (pid 7), turno 4'],
  ['begins with partition 3, 11', 'empieza con la partición 3, 11'],
  ['0 e-mails pending; 2 parked; 1 follow-ups given up', 'correos pendientes: 0; aparcados: 2; correos con los datos del cliente no enviados: 1'],
  ['', ''],
])('%p is %p; errors stay as they are', (detail, spanish) => {
  expect(detailInSpanish(detail)).toBe(spanish);
});
