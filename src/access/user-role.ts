/** What people and machines may do, each more than the one before. */
export const USER_ROLES = ['auditor', 'operator', 'administrator'] as const;
export type UserRole = (typeof USER_ROLES)[number];

/** Whom a route answers: `probe` anyone who reaches the port, whatever they call this host; `anyone` under its own names; a role that one and those above it. */
export const ACCESSES = ['probe', 'anyone', ...USER_ROLES] as const;
export type Access = (typeof ACCESSES)[number];

/** Who asks. `name` is null where nobody has logged in: on a machine without accounts, and from its command line. */
export interface Identity {
  readonly name: string | null;
  readonly role: UserRole;
}

export function isAllowed(identity: Identity | null, access: Access): boolean {
  if (access === 'probe' || access === 'anyone') return true;
  return identity !== null && USER_ROLES.indexOf(identity.role) >= USER_ROLES.indexOf(access);
}
