/** The parts of the application that a process may have; all of them by default. */
export const ROLES = ['ingest', 'process', 'project', 'notify', 'console'] as const;
export type Role = (typeof ROLES)[number];

/** The parts that read the events, and what is made of them. */
export const READING_ROLES = ['project', 'notify', 'console'] as const satisfies readonly Role[];

/** Whether this process has the customers and read models of its own: every part that reads the events needs them. */
export function readsEvents({ roles }: { readonly roles: ReadonlySet<Role> }): boolean {
  return READING_ROLES.some((role) => roles.has(role));
}
