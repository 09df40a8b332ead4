import fc from 'fast-check';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { framedSocket, FrameReader } from './framed-socket.js';

const framed = (body: Buffer): Buffer => {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeInt32BE(body.length);
  body.copy(frame, 4);
  return frame;
};

/** Gives the reader as much as it has room for, at most `sizes` bytes at a time, in turn. */
function feed(reader: FrameReader, bytes: Buffer, sizes: readonly number[]): void {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const target = reader.target();
    expect(target.length).toBeGreaterThan(0);
    const end = Math.min(bytes.length, at + target.length, at + sizes[turn % sizes.length]!);
    bytes.copy(target, 0, at, end);
    reader.filled(end - at);
    at = end;
  }
}

describe('FrameReader', () => {
  it('gives out the frames that were sent, however they are cut on the way', () => {
    const body = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 60_000, max: 200_000 })).map((length) => Buffer.alloc(length, length % 251));
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1_000, max: 300_000 })), { minLength: 1, maxLength: 5 }).filter((all) => all.some((size) => size > 999));
    fc.assert(
      fc.property(fc.array(body, { maxLength: 12 }), sizes, (bodies, chunks) => {
        const frames: Buffer[] = [];
        feed(new FrameReader((frame) => frames.push(frame)), Buffer.concat(bodies.map(framed)), chunks);
        expect(frames.length).toBe(bodies.length);
        expect(frames.every((frame, i) => frame.equals(framed(bodies[i]!)))).toBe(true);
      }),
    );
  });

  it('gives each frame memory of its own', () => {
    const frames: Buffer[] = [];
    const reader = new FrameReader((frame) => frames.push(frame));
    feed(reader, framed(Buffer.from('first')), [100]);
    feed(reader, framed(Buffer.from('other')), [100]);
    expect(frames.map((frame) => frame.toString('latin1', 4))).toEqual(['first', 'other']);
  });

  it.each([-1, 0x48545450])('refuses an announced length of %d', (length) => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(length);
    expect(() => feed(new FrameReader(() => undefined), bytes, [8])).toThrow(`${length} bytes is announced`);
  });
});

describe('framedSocket', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  const answering = async (answer: Buffer): Promise<number> => {
    server = createServer((socket) => socket.end(answer)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const open = (port: number) => framedSocket({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => undefined });

  it('emits a large answer as one chunk, and then the end', async () => {
    const frames = [framed(Buffer.alloc(3_000_000, 1)), framed(Buffer.alloc(10, 2)), framed(Buffer.alloc(200_000, 3))];
    const socket = open(await answering(Buffer.concat(frames)));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'end');
    expect(chunks.map(({ length }) => length)).toEqual(frames.map(({ length }) => length));
    expect(Buffer.concat(chunks).equals(Buffer.concat(frames))).toBe(true);
  });

  it('ends with an error that says so when the other side is no broker', async () => {
    const socket = open(await answering(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('this is no Kafka broker');
    expect(socket.destroyed).toBe(true);
  });
});
