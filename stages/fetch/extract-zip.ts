import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { ArchiveError, type Extraction } from './archive-entry.js';

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record and the longest comment behind it. */
const LONGEST_END = 22 + 0xffff;
const PIECE = 1 << 20;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * Extracts a ZIP file, entries stored or deflated; no Zip64 and nothing encrypted. The central directory says what there is.
 *
 * @throws ArchiveError; errors of the system and of zlib as they are.
 */
export async function extractZip(path: string, extraction: Extraction): Promise<void> {
  const file = openSync(path, 'r');
  try {
    for (const entry of readDirectory(file, extraction)) await extractEntry(file, entry, extraction);
  } finally {
    closeSync(file);
  }
}

function readDirectory(file: number, extraction: Extraction): readonly Entry[] {
  const { size } = fstatSync(file);
  const tail = readAt(file, Math.max(0, size - LONGEST_END), Math.min(size, LONGEST_END));
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > tail.length || tail.readUInt32LE(end) !== END)
    damaged('it has no directory at its end');
  const count = tail.readUInt16LE(end + 10);
  const start = tail.readUInt32LE(end + 16);
  const length = tail.readUInt32LE(end + 12);
  if (count === 0xffff || start === 0xffffffff) damaged('it is of the Zip64 kind, which is not read');
  if (start + length > size) damaged('it was cut');
  const directory = readAt(file, start, length);
  const entries: Entry[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL)
      damaged('its directory is torn');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      directory.readUInt16LE(at + offset),
    ) as [number, number, number];
    const name = directory.subarray(at + 46, at + 46 + nameLength).toString();
    extraction.check(name);
    // The upper half of the attributes is the mode, where the archive was made by a Unix; 0xA000 is a link.
    if ((directory.readUInt16LE(at + 40) & 0xf000) === 0xa000) extraction.refuseLink(name);
    if ((directory.readUInt16LE(at + 8) & 1) === 1) damaged('it is encrypted', name);
    if (!name.endsWith('/')) {
      entries.push({
        name,
        method: directory.readUInt16LE(at + 10),
        crc: directory.readUInt32LE(at + 16),
        compressed: directory.readUInt32LE(at + 20),
        size: directory.readUInt32LE(at + 24),
        offset: directory.readUInt32LE(at + 42),
      });
    }
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

async function extractEntry(file: number, entry: Entry, extraction: Extraction): Promise<void> {
  const { name, method, size, compressed, offset } = entry;
  if (method !== 0 && method !== 8) damaged('it is compressed in a way that is not read', name);
  const target = extraction.open(name);
  if (target === undefined) return;
  try {
    const header = readAt(file, offset, 30);
    if (header.length < 30 || header.readUInt32LE(0) !== LOCAL)
      damaged('it is not where the directory says', name);
    const start = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const raw = Readable.from(pieces(file, start, compressed));
    const content = method === 0 ? raw : raw.pipe(createInflateRaw());
    let sum = 0;
    let written = 0;
    for await (const chunk of content) {
      const bytes = chunk as Buffer;
      written += bytes.length;
      if (written > size) damaged('it is longer than the directory says', name);
      sum = crc32(bytes, sum);
      target.write(bytes);
    }
    if (written !== size || sum !== entry.crc) damaged('its content is not what the directory says', name);
  } finally {
    target.close();
  }
}

function* pieces(file: number, start: number, length: number): Generator<Buffer> {
  for (let at = 0; at < length; at += PIECE) {
    const piece = readAt(file, start + at, Math.min(PIECE, length - at));
    if (piece.length === 0) return;
    yield piece;
  }
}

/** Fewer bytes where the file ends before. */
function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const count = readSync(file, bytes, read, length - read, position + read);
    if (count === 0) break;
    read += count;
  }
  return bytes.subarray(0, read);
}

function damaged(problem: string, entry?: string): never {
  throw new ArchiveError({ kind: 'damaged', problem, ...(entry === undefined ? {} : { entry }) });
}
