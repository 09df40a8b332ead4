import type { SourcePosition } from '../alarm-domain/source-position.js';
import { isoTime, type Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import { appendUntilKnown } from '../event-store/append-until-known.js';
import { WrongExpectedRevision, type EventStore } from '../event-store/event-store.js';
import { PARTITIONS, PositionLost, type ResumeRange, type SensorTopic } from '../message-log/message-log.js';
import { joinReceipts, namedOffsets, receiptEvent, receiptStream, RECEIPT_EVENT_TYPE, type Receipt } from './receipt.js';
import { lastReceipt } from './undrained.js';

/** A receipt of normal readings may wait this long for more to join it; a crash meanwhile only reads them again. */
const LONGEST_WAIT_MS = 1000;

/** Offsets named in one receipt, which keeps it well below the largest event (about 10 bytes each). */
const MOST_NAMED = 5000;

/** How far back ignored messageIds are recalled at a start: so many receipts per partition. */
const RECALLED_RECEIPTS = 500;

interface Page {
  readonly topic: SensorTopic;
  readonly partition: number;
  /** Rises when the partition is found to have begun again; see `SourcePosition`. */
  readonly epoch: number;
  /** The revision of the last stored receipt, null before the first. */
  revision: bigint | null;
  /** The offset after the last one processed, stored or not. */
  next: number;
  /** Processed, and open for more to join. */
  pending: Receipt | null;
  pendingSinceMs: number;
  /** Set once a receipt was refused: another consumer has gone on from here. */
  lost: PositionLost | null;
  /** Closed, and being stored; stays as it is until that succeeds, so that a repeat is the same append. */
  storing: Receipt | null;
  /** The end of the last write: one at a time. */
  written: Promise<void>;
}

/** How the work on a partition goes on. */
export interface Opened {
  /** The first offset to process. */
  readonly next: number;
  /** How many records the log had deleted before they were processed. */
  readonly missing: number;
  /** Whether the log lost what had been processed: its topic was made anew, or its end was lost. */
  readonly hasBegunAgain: boolean;
  /** The messageIds to recall, oldest first. */
  readonly remembered: Receipt['remembered'];
}

/**
 * The receipts of the partitions that this process works on.
 *
 * Receipts that name ignored or dead-lettered records, or come from OK, are stored at once: a record that
 * yielded no event must not be met again after an OK. Others are joined for up to a second.
 */
export class ReceiptBook {
  private readonly pages = new Map<string, Page>();
  private others: readonly SourcePosition[] = [];

  constructor(
    private readonly store: EventStore,
    private readonly log: string,
    private readonly clock: Clock,
  ) {}

  /** Opens the page of a partition; see `Opened`. */
  async open(topic: SensorTopic, partition: number, range: ResumeRange): Promise<Opened> {
    const remembered: Receipt['remembered'][] = [];
    let revision: bigint | null = null;
    let last: Receipt | null = null;
    for await (const event of this.store.readStream(receiptStream(this.log, topic, partition), { direction: 'backwards', limit: RECALLED_RECEIPTS })) {
      if (event.type !== RECEIPT_EVENT_TYPE) continue;
      const receipt = event.data as Receipt;
      if (revision === null) {
        revision = event.revision;
        last = receipt;
      }
      remembered.push(receipt.remembered);
    }
    const { epoch, next, missing, hasBegunAgain } = await whereToGoOn(last, range);
    this.pages.set(pageKey(topic, partition), { topic, partition, epoch, revision, next, pending: null, pendingSinceMs: 0, lost: null, storing: null, written: Promise.resolve() });
    return { next, missing, hasBegunAgain, remembered: remembered.reverse().flat() };
  }

  /** Stores what is still to be stored of a partition number, and closes its pages. Thrown: as by `flush`; the pages are closed all the same. */
  async release(partition: number): Promise<void> {
    const pages = [...this.pages].filter(([, page]) => page.partition === partition);
    try {
      for (const [, page] of pages) await this.write(page);
    } finally {
      // Unless it was opened again meanwhile.
      for (const [key, page] of pages) if (this.pages.get(key) === page) this.pages.delete(key);
    }
  }

  /** Whether this process works on the partition. */
  isOpen(topic: SensorTopic, partition: number): boolean {
    return this.pages.has(pageKey(topic, partition));
  }

  /** Which beginning of the partition its offsets count from. */
  epoch(topic: SensorTopic, partition: number): number {
    return this.page(topic, partition).epoch;
  }

  /** The offset after the last one processed. */
  next(topic: SensorTopic, partition: number): number {
    return this.page(topic, partition).next;
  }

  /** The last offset of each partition that a stored receipt covers, -1 for none. */
  storedThrough(): { topic: SensorTopic; partition: number; stored: number }[] {
    return [...this.pages.values()].map(({ topic, partition }) => ({ topic, partition, stored: this.recordedThrough(topic, partition) - 1 }));
  }

  /** Learns how far others are in the partitions of ENTRY that are not this process's, as their stored receipts tell. Thrown: what the event store throws. */
  async lookAtOthers(): Promise<void> {
    const others: SourcePosition[] = [];
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      if (this.isOpen('ENTRY', partition)) continue;
      const last = await lastReceipt(this.store, this.log, 'ENTRY', partition);
      if (last !== null) others.push({ log: this.log, topic: 'ENTRY', partition, epoch: last.epoch, offset: last.last });
    }
    this.others = others;
  }

  /** The last record handled of each partition of ENTRY: by this process, and by others when they were last looked at. */
  handledReadings(): SourcePosition[] {
    const own = [...this.pages.values()]
      .filter(({ topic, next }) => topic === 'ENTRY' && next > 0)
      .map(({ topic, partition, epoch, next }) => ({ log: this.log, topic, partition, epoch, offset: next - 1 }));
    return [...own, ...this.others.filter(({ partition }) => !this.isOpen('ENTRY', partition))];
  }

  /** The offset up to which, exclusive, a stored receipt covers the partition. */
  recordedThrough(topic: SensorTopic, partition: number): number {
    const { next, pending, storing } = this.page(topic, partition);
    return (storing ?? pending)?.first ?? next;
  }

  /** Takes the receipt of a run that was processed. Thrown: what the event store throws; the receipt is kept and stored later. */
  async add(receipt: Receipt): Promise<void> {
    const page = this.page(receipt.topic, receipt.partition);
    if (page.pending === null) page.pendingSinceMs = this.clock.now();
    page.pending = page.pending === null ? receipt : joinReceipts(page.pending, receipt);
    page.next = receipt.last + 1;
    if (this.isDue(page)) await this.write(page);
  }

  /** Stores what has waited long enough, or with `all` whatever there is. What another consumer has taken over is passed over. */
  async flush(all = false): Promise<void> {
    for (const page of this.pages.values()) if (page.lost === null) await this.writeIfDue(page, all);
  }

  /** Stores what has waited long enough of a partition number. Thrown also: `PositionLost`, again and again until the partition is opened anew. */
  async flushPartition(partition: number): Promise<void> {
    this.requireKept(partition);
    for (const page of this.pages.values()) if (page.partition === partition) await this.writeIfDue(page, false);
  }

  /** Thrown: `PositionLost` once a receipt of the partition number was refused: what this process handled after the other's is not recorded. */
  requireKept(partition: number): void {
    for (const page of this.pages.values()) if (page.partition === partition && page.lost !== null) throw page.lost;
  }

  private async writeIfDue(page: Page, all: boolean): Promise<void> {
    if (all || page.storing !== null || this.isDue(page)) await this.write(page);
  }

  /** Stores due receipts until `signal` is aborted, then all. */
  async keepFlushing(signal: AbortSignal, onError: (error: unknown) => void): Promise<void> {
    while (!signal.aborted) {
      await this.clock.sleep(LONGEST_WAIT_MS / 4, signal);
      await this.flush(signal.aborted).catch(onError);
    }
  }

  private isDue(page: Page): boolean {
    const { pending } = page;
    if (pending === null) return false;
    const mustNotComeAgain = pending.deadLettered.length > 0 || Object.keys(pending.ignored).length > 0 || pending.topic === 'OK';
    return mustNotComeAgain || namedOffsets(pending) >= MOST_NAMED || this.clock.now() - page.pendingSinceMs >= LONGEST_WAIT_MS;
  }

  private write(page: Page): Promise<void> {
    const mine = page.written.then(() => this.storeAll(page));
    page.written = mine.catch(() => undefined);
    return mine;
  }

  private async storeAll(page: Page): Promise<void> {
    for (;;) {
      if (page.storing === null) {
        page.storing = page.pending;
        page.pending = null;
      }
      if (page.storing === null) return;
      try {
        page.revision = await this.storeOne(page.storing, page.revision);
        crashPoint('receipt-stored');
      } catch (error) {
        if (error instanceof PositionLost) page.lost = error;
        throw error;
      }
      page.storing = null;
    }
  }

  private async storeOne(receipt: Receipt, revision: bigint | null): Promise<bigint> {
    const stream = receiptStream(receipt.log, receipt.topic, receipt.partition);
    const event = receiptEvent(receipt, isoTime(this.clock.now()));
    try {
      return (await appendUntilKnown(this.store, stream, [event], revision ?? 'no-stream')).revision;
    } catch (error) {
      if (error instanceof WrongExpectedRevision) throw new PositionLost(`the receipt for ${stream} ${receipt.first} to ${receipt.last} was refused`, { cause: error });
      throw error;
    }
  }

  private page(topic: SensorTopic, partition: number): Page {
    const page = this.pages.get(pageKey(topic, partition));
    if (!page) throw new Error(`partition ${topic}-${partition} was not opened`);
    return page;
  }
}

function pageKey(topic: SensorTopic, partition: number): string {
  return `${topic}/${partition}`;
}

/**
 * After the last receipt. When the partition ends below it, or has another, newer record where its last one was, its topic was made
 * anew or its end was lost: then offsets come again with other records, which are those appended after the last processed one. So
 * they do after a restore, where the log tells from which offset on.
 */
async function whereToGoOn(last: Receipt | null, range: ResumeRange): Promise<Omit<Opened, 'remembered'> & { readonly epoch: number }> {
  const epoch = last?.epoch ?? 0;
  const next = last === null ? range.startOffset : last.last + 1;
  if (range.endOffset < next || (await isAnother(last, range))) return { epoch: epoch + 1, next: await range.firstOffsetAfter(last?.lastAppendedAtMs ?? 0), missing: 0, hasBegunAgain: true };
  const isNewTimeline = next === range.timeline?.fromOffset;
  return {
    epoch: isNewTimeline ? Math.max(epoch + 1, range.timeline?.epoch ?? 0) : epoch,
    next: Math.max(next, range.startOffset),
    missing: Math.max(0, range.startOffset - next),
    hasBegunAgain: false,
  };
}

/** Whether the record at the receipt's last offset is newer than that one was. Where there is none, nothing can be told. */
async function isAnother(last: Receipt | null, range: ResumeRange): Promise<boolean> {
  if (last === null || last.last < range.startOffset) return false;
  const appendedAtMs = await range.appendedAt?.(last.last);
  return typeof appendedAtMs === 'number' && appendedAtMs > last.lastAppendedAtMs;
}
