import type { Writable } from 'node:stream';

/** What a client may leave unread: some 500 alarms; with `MAX_LIVE_CLIENTS` of 64 at most 16 MiB in all. */
export const MAX_UNREAD_BYTES = 256 * 1024;

/**
 * One open stream of server-sent events. Writing never waits: a client that does not read is cut, and comes
 * back by itself with the id of the last event it got.
 */
export class LiveClient {
  private isOpen = true;
  /** What was told while the client is still being told what it missed; null when it is not. */
  private held: string[] | null = null;
  private heldBytes = 0;
  private given = 0;
  /** How many of the writes the system has taken in whole: its own buffers hide the first few 100 kB that a client leaves unread. */
  private taken = 0;
  private atLastLook = { given: 0, taken: 0 };
  private readonly onTaken = (): void => {
    this.taken += 1;
  };

  /** `sinceMs`: when it got its place. */
  constructor(
    private readonly out: Writable,
    readonly sinceMs: number,
    private readonly onEnd: (client: LiveClient, wasCut: boolean) => void,
  ) {
    out.once('close', () => this.end(false));
    // A broken connection is closed after its error.
    out.on('error', () => undefined);
  }

  get unreadBytes(): number {
    return this.out.writableLength + this.heldBytes;
  }

  /** News, in the order in which it is told. */
  write(wire: string): void {
    if (!this.isOpen || this.isOver(wire)) return;
    if (this.held === null) {
      this.give(wire);
      return;
    }
    this.held.push(wire);
    this.heldBytes += wire.length;
  }

  /** Keeps news back until `release`, so that what was missed comes first. */
  hold(): void {
    this.held = [];
  }

  /** Something missed, ahead of what is held. */
  writeMissed(wire: string): void {
    if (this.isOpen && !this.isOver(wire)) this.give(wire);
  }

  release(): void {
    const held = this.held ?? [];
    this.held = null;
    this.heldBytes = 0;
    for (const wire of held) this.write(wire);
  }

  /** Ends the stream as a whole answer. */
  close(): void {
    if (this.isOpen) this.out.end();
    this.end(false);
  }

  /** Ends the stream at once when there is something unread, which nobody may ever take. */
  giveWay(): void {
    if (this.unreadBytes === 0) return this.close();
    this.out.destroy();
    this.end(false);
  }

  /** Cuts the client when it has taken nothing since the last look although something waited for it then. */
  look(): void {
    const { given, taken } = this.atLastLook;
    this.atLastLook = { given: this.given, taken: this.taken };
    if (given > taken && this.taken === taken) this.end(true);
  }

  private give(wire: string): void {
    this.given += 1;
    this.out.write(wire, this.onTaken);
  }

  private isOver(wire: string): boolean {
    const isOver = this.unreadBytes + wire.length > MAX_UNREAD_BYTES;
    if (isOver) this.end(true);
    return isOver;
  }

  private end(wasCut: boolean): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (wasCut) this.out.destroy();
    this.onEnd(this, wasCut);
  }
}
