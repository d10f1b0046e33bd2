/** Bytes 0x80 to 0x9F; the five that Windows-1252 leaves open are the C1 controls, as the WHATWG encoding has them. */
const HIGH =
  '\u20AC\x81\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\x8D\u017D\x8F' +
  '\x90\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\x9D\u017E\u0178';

/**
 * Decodes Windows-1252; every byte has a meaning, so nothing fails. Not `TextDecoder('windows-1252')`, which
 * in Node 20 and 22 decodes as Latin-1 and loses the typographic quotes and the euro sign.
 *
 * Source: https://encoding.spec.whatwg.org/index-windows-1252.txt
 */
export function decodeWindows1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return latin1.replace(/[\x80-\x9F]/g, (character) => HIGH.charAt(character.charCodeAt(0) - 0x80));
}
