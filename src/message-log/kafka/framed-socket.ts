import type { ISocketFactory } from 'kafkajs';
import { isIP, connect as connectTcp, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { responseMemory } from './response-memory.js';

const KEEP_ALIVE_MS = 60_000;

const LENGTH_BYTES = 4;
const SCRATCH_BYTES = 64 * 1024;

/** A broker answers with a few MiB at most; what announces more is no broker. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

/**
 * Sockets for kafkajs that give out each response of a broker as one chunk. A large one is read by the system
 * right into the memory it stays in, instead of 64 KiB at a time that kafkajs then puts together.
 */
export const framedSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const frames = new FrameReader((frame) => socket.emit('data', frame));
  const onread: OnReadOpts = {
    buffer: () => frames.target(),
    callback: (bytes) => {
      try {
        frames.filled(bytes);
      } catch (error) {
        socket.destroy(error as Error);
      }
      return true;
    },
  };
  const target = { host, port, onread };
  const socket: Socket = ssl ? connectTls({ ...target, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect) : connectTcp(target, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
};

/** Cuts what a connection brings into frames: four bytes of length, then so many bytes. Source: https://kafka.apache.org/protocol#protocol_common */
export class FrameReader {
  /** Where small frames and the beginnings of large ones arrive. */
  private readonly scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  private scratchBytes = 0;
  /** A frame that is larger than what had come of it. */
  private frame: Buffer | null = null;
  private frameBytes = 0;

  /** `onFrame` gets frames with their lengths, in memory that is theirs; that of large ones may be given back to `responseMemory`. */
  constructor(private readonly onFrame: (frame: Buffer) => void) {}

  /** The memory for the next bytes, never empty. */
  target(): Buffer {
    return this.frame === null ? this.scratch.subarray(this.scratchBytes) : this.frame.subarray(this.frameBytes);
  }

  /** So many bytes have come into `target()`. Thrown: `Error` when they are no frames. */
  filled(bytes: number): void {
    if (this.frame === null) {
      this.scratchBytes += bytes;
      this.cutScratch();
      return;
    }
    this.frameBytes += bytes;
    if (this.frameBytes < this.frame.length) return;
    const whole = this.frame;
    this.frame = null;
    this.onFrame(whole);
  }

  private cutScratch(): void {
    const { scratch, scratchBytes } = this;
    let at = 0;
    this.scratchBytes = 0;
    while (scratchBytes - at >= LENGTH_BYTES) {
      const length = scratch.readInt32BE(at);
      if (length < 0 || length > MAX_FRAME_BYTES) throw new Error(`an answer of ${length} bytes is announced: this is no Kafka broker`);
      const size = LENGTH_BYTES + length;
      const frame = size > SCRATCH_BYTES ? responseMemory.take(size) : Buffer.allocUnsafe(size);
      const here = scratch.copy(frame, 0, at, Math.min(scratchBytes, at + frame.length));
      if (here < frame.length) {
        this.frame = frame;
        this.frameBytes = here;
        return;
      }
      at += here;
      this.onFrame(frame);
    }
    scratch.copyWithin(0, at, scratchBytes);
    this.scratchBytes = scratchBytes - at;
  }
}
