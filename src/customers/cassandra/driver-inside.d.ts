/** The parts of cassandra-driver 4.10.0 that have no types. */
declare module 'cassandra-driver/lib/control-connection.js' {
  const ControlConnection: { readonly prototype: object };
  export default ControlConnection;
}
