import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The id under which this process is in Kafka's consumer group, kept in its data folder: who holds the folder's lock knows that the process before is no more. */
export class MembershipFile {
  private readonly path: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, 'kafka-member');
  }

  /** Null when there is none. */
  remembered(): string | null {
    try {
      return readFileSync(this.path, 'utf8').trim() || null;
    } catch {
      return null;
    }
  }

  remember(memberId: string): void {
    writeFileSync(this.path, memberId);
  }
}
