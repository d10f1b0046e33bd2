import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { ArchiveError, type ExtractedFile, type Extraction } from './archive-entry.js';

const BLOCK = 512;
/** Longer names and attributes are none of a data set's. */
const LONGEST_HEADER = 1 << 20;

/**
 * Extracts a tar file, compressed with gzip or not: POSIX (ustar and pax) and GNU long names.
 *
 * @throws ArchiveError; errors of the system and of gzip as they are.
 */
export async function extractTar(path: string, isGzip: boolean, extraction: Extraction): Promise<void> {
  const reader = new TarReader(extraction);
  const file = createReadStream(path);
  const stream = isGzip ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream) reader.feed(chunk as Buffer);
    reader.end();
  } finally {
    reader.close();
    file.destroy();
  }
}

class TarReader {
  readonly #extraction: Extraction;
  #rest: Buffer = Buffer.alloc(0);
  #file: ExtractedFile | undefined;
  /** Bytes of the present entry that are still to come, and the padding behind them. */
  #remaining = 0;
  #padding = 0;
  /** Set where the entry describes the next one: its kind and what came of it. */
  #header: { readonly kind: string; readonly pieces: Buffer[] } | undefined;
  #next: { path?: string; size?: number } = {};
  #name = '';
  #entries = 0;
  #hasEnded = false;

  constructor(extraction: Extraction) {
    this.#extraction = extraction;
  }

  feed(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (!this.#hasEnded) {
      if (this.#remaining > 0) {
        const piece = bytes.subarray(0, this.#remaining);
        if (piece.length === 0) break;
        this.#take(piece);
        this.#remaining -= piece.length;
        bytes = bytes.subarray(piece.length);
        if (this.#remaining > 0) break;
        this.#finish();
      }
      const skipped = Math.min(this.#padding, bytes.length);
      this.#padding -= skipped;
      bytes = bytes.subarray(skipped);
      if (this.#padding > 0 || bytes.length < BLOCK) break;
      this.#begin(bytes.subarray(0, BLOCK));
      bytes = bytes.subarray(BLOCK);
    }
    this.#rest = Buffer.from(this.#hasEnded ? Buffer.alloc(0) : bytes);
  }

  end(): void {
    const isCut = this.#remaining > 0 || this.#padding > 0 || (!this.#hasEnded && this.#rest.length > 0);
    if (isCut || this.#entries === 0) {
      const problem = this.#entries === 0 ? 'it is no tar file' : 'it ends in the middle of a file';
      throw new ArchiveError({
        kind: 'damaged',
        problem,
        ...(this.#name === '' ? {} : { entry: this.#name }),
      });
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #begin(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      this.#hasEnded = true;
      return;
    }
    if (!hasRightSum(block))
      throw new ArchiveError({ kind: 'damaged', problem: 'a header has a wrong checksum' });
    this.#entries += 1;
    const kind = String.fromCharCode(block[156] ?? 0);
    const size = this.#next.size ?? sizeOf(block);
    this.#remaining = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (kind === 'x' || kind === 'L' || kind === 'g' || kind === 'K') {
      if (size > LONGEST_HEADER)
        throw new ArchiveError({ kind: 'damaged', problem: 'a name of over a megabyte' });
      this.#header = { kind, pieces: [] };
    } else {
      this.#name = this.#next.path ?? nameOf(block);
      this.#next = {};
      if (kind === '0' || kind === '\0' || kind === '7') {
        // A name that ends so is a folder, in archives from before folders had a kind.
        if (this.#name.endsWith('/')) this.#extraction.check(this.#name);
        else this.#file = this.#extraction.open(this.#name);
      } else if (kind === '5') this.#extraction.check(this.#name);
      else this.#extraction.refuseLink(this.#name);
    }
    if (size === 0) this.#finish();
  }

  #take(piece: Buffer): void {
    if (this.#header === undefined) this.#file?.write(piece);
    else this.#header.pieces.push(Buffer.from(piece));
  }

  #finish(): void {
    this.close();
    if (this.#header === undefined) return;
    const { kind, pieces } = this.#header;
    this.#header = undefined;
    const bytes = Buffer.concat(pieces);
    if (kind === 'L') this.#next.path = bytes.toString().replace(/\0.*$/s, '');
    if (kind === 'x') this.#next = { ...this.#next, ...paxOf(bytes) };
  }
}

const textOf = (block: Buffer, from: number, length: number): string =>
  block
    .subarray(from, from + length)
    .toString()
    .replace(/\0.*$/s, '');

function nameOf(block: Buffer): string {
  const name = textOf(block, 0, 100);
  const prefix = textOf(block, 257, 5) === 'ustar' && block[262] === 0 ? textOf(block, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Octal digits; numbers beyond 8 GiB, in another notation, are no size of ours. */
function sizeOf(block: Buffer): number {
  const digits = textOf(block, 124, 12).trim();
  if (!/^[0-7]+$/.test(digits)) throw new ArchiveError({ kind: 'damaged', problem: 'a header has no size' });
  return Number.parseInt(digits, 8);
}

function hasRightSum(block: Buffer): boolean {
  const stated = Number.parseInt(textOf(block, 148, 8).trim(), 8);
  // The field itself counts as eight spaces.
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return sum === stated;
}

/** Records of a pax header, `LENGTH KEY=VALUE\n` each; the length counts bytes. */
function paxOf(bytes: Buffer): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(bytes.subarray(at, space).toString());
    if (!Number.isInteger(length) || length <= space - at || at + length > bytes.length) {
      throw new ArchiveError({ kind: 'damaged', problem: 'an extended header is no list of records' });
    }
    const record = bytes.subarray(space + 1, at + length - 1).toString();
    if (record.startsWith('path=')) found.path = record.slice(5);
    if (/^size=[0-9]+$/.test(record)) found.size = Number(record.slice(5));
    at += length;
  }
  return found;
}
