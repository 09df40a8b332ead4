/** The primitive types of Kafka's protocol. Source: https://kafka.apache.org/protocol#protocol_types */

const FIRST_BYTES = 256;

/** Writes one after the other into a buffer that grows. */
export class ByteWriter {
  private buffer: Buffer;
  private at = 0;

  constructor(sizeHint = FIRST_BYTES) {
    this.buffer = Buffer.allocUnsafe(sizeHint);
  }

  int8(value: number): this {
    this.room(1);
    this.at = this.buffer.writeInt8(value, this.at);
    return this;
  }

  int16(value: number): this {
    this.room(2);
    this.at = this.buffer.writeInt16BE(value, this.at);
    return this;
  }

  int32(value: number): this {
    this.room(4);
    this.at = this.buffer.writeInt32BE(value, this.at);
    return this;
  }

  /** A whole number up to 2^53 in size, which offsets and times keep within. */
  int64(value: number): this {
    this.room(8);
    this.at = this.buffer.writeInt32BE(Math.floor(value / 2 ** 32), this.at);
    this.at = this.buffer.writeUInt32BE(value >>> 0, this.at);
    return this;
  }

  string(text: string): this {
    const bytes = Buffer.from(text, 'utf8');
    this.int16(bytes.length);
    return this.raw(bytes);
  }

  nullString(): this {
    return this.int16(-1);
  }

  raw(bytes: Buffer): this {
    this.room(bytes.length);
    this.at += bytes.copy(this.buffer, this.at);
    return this;
  }

  done(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}

/** Reads one after the other. Thrown: `RangeError` beyond the end. */
export class ByteReader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  int16(): number {
    return this.buffer.readInt16BE((this.at += 2) - 2);
  }

  int32(): number {
    return this.buffer.readInt32BE((this.at += 4) - 4);
  }

  int64(): number {
    const high = this.int32();
    return high * 2 ** 32 + this.buffer.readUInt32BE((this.at += 4) - 4);
  }

  bigInt64(): bigint {
    return this.buffer.readBigInt64BE((this.at += 8) - 8);
  }

  /** Null reads as the empty string. */
  string(): string {
    const length = Math.max(0, this.int16());
    return this.take(length).toString('utf8');
  }

  /** Shares memory with the buffer; null reads as no bytes. */
  bytes(): Buffer {
    return this.take(Math.max(0, this.int32()));
  }

  private take(length: number): Buffer {
    if (this.at + length > this.buffer.length) throw new RangeError(`${length} bytes announced, ${this.buffer.length - this.at} are there`);
    return this.buffer.subarray(this.at, (this.at += length));
  }
}
