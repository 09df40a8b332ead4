import { v5 } from 'uuid';

/** Vigía's own namespace for name-based ids; part of every stored id, so it never changes. */
const NAMESPACE = '8f4ed1c6-5d0c-4a3e-9b0e-6a1f0c2f7a11';

/** The UUIDv5 of a name: always the same for the same name. Source: design, "The domain". */
export function idOf(name: string): string {
  return v5(name, NAMESPACE);
}
