import { nextFrame, need } from './frame-bytes.js';

/** A skippable frame with so many bytes in it; there are sixteen magic numbers for such. */
function skippable(bytes: number, kind = 0): Buffer {
  const frame = Buffer.alloc(8 + bytes);
  frame.writeUInt32LE(0x184d2a50 + kind, 0);
  frame.writeUInt32LE(bytes, 4);
  return frame;
}

const FRAME = Buffer.from('a frame of any other kind');

describe('the next frame', () => {
  it('is the one that stands there', () => expect(nextFrame(FRAME, 0)).toBe(0));

  it('is behind those that are to be skipped', () => {
    const bytes = Buffer.concat([FRAME, skippable(3), skippable(0, 15), FRAME]);
    expect(nextFrame(bytes, FRAME.length)).toBe(bytes.length - FRAME.length);
  });

  it('is the end of the bytes when there is none', () => {
    expect(nextFrame(skippable(5), 0)).toBe(13);
    expect(nextFrame(Buffer.alloc(0), 0)).toBe(0);
  });

  it('is refused when it is cut', () => {
    expect(() => nextFrame(skippable(5).subarray(0, 12), 0)).toThrow('a frame is cut: 12 bytes are there, at least 13 expected');
    expect(() => nextFrame(Buffer.alloc(7), 0)).toThrow('a frame is cut: 7 bytes are there, at least 8 expected');
    expect(() => need(FRAME, FRAME.length + 1)).toThrow('a frame is cut');
    need(FRAME, FRAME.length);
  });
});
