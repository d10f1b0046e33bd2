import { describe, expect, it } from 'vitest';
import { decodeWindows1252 } from '../../../pipeline/base/windows-1252.js';

describe('decodeWindows1252', () => {
  it('knows the typographic characters that Latin-1 lacks', () => {
    expect(decodeWindows1252(Uint8Array.of(0x80, 0x85, 0x91, 0x92, 0x93, 0x94, 0x99, 0x9f))).toBe('€…‘’“”™Ÿ');
  });

  it('gives every byte exactly one character', () => {
    const text = decodeWindows1252(Uint8Array.from({ length: 256 }, (_, byte) => byte));
    expect(text).toHaveLength(256);
    expect(new Set(text).size).toBe(256);
    expect(text.slice(0xa0)).toBe(
      Buffer.from(Array.from({ length: 96 }, (_, at) => 0xa0 + at)).toString('latin1'),
    );
  });
});
