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

  constructor(
    private readonly out: Writable,
    private readonly onEnd: (client: LiveClient, wasCut: boolean) => void,
  ) {
    out.once('close', () => this.end(false));
    // A broken connection is closed after its error.
    out.on('error', () => undefined);
  }

  /** News, in the order in which it is told. */
  write(wire: string): void {
    if (!this.isOpen || this.isOver(wire)) return;
    if (this.held === null) {
      this.out.write(wire);
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
    if (this.isOpen && !this.isOver(wire)) this.out.write(wire);
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

  private isOver(wire: string): boolean {
    const isOver = this.out.writableLength + this.heldBytes + wire.length > MAX_UNREAD_BYTES;
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
