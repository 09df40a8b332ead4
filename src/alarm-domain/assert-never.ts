/** Ends a switch that must name every case. Thrown when data of an unknown type got past the codec. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
