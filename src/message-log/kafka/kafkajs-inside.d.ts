/** The parts of kafkajs 2.2.4 that have no types. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  const RequestQueue: { readonly prototype: object };
  export default RequestQueue;
}
declare module 'kafkajs/src/network/connection.js' {
  const Connection: { readonly prototype: object };
  export default Connection;
}
