import { describe, expect, it } from 'vitest';
import type { FileEntry, FolderManifest } from '../../../pipeline/devices/folder-manifest.js';
import { difference } from '../../../pipeline/devices/folder-manifest.js';

const file = (path: string, sha256 = '1', executable = false): FileEntry => ({
  path,
  size: 1,
  sha256,
  executable,
});
const folder = (...files: FileEntry[]): FolderManifest => ({ kind: 'folder', files });

describe('difference', () => {
  it('does not mind the order', () => {
    expect(difference(folder(file('a'), file('b')), folder(file('b'), file('a')))).toBeNull();
  });
  it.each<[string, FolderManifest, string]>([
    ['missing', folder(file('a')), 'b is missing'],
    ['changed', folder(file('a', '2'), file('b')), 'the content of a differs'],
    ['executable', folder(file('a', '1', true), file('b')), 'the executable bit of a differs'],
    ['added', folder(file('a'), file('b'), file('c')), 'c should not be there'],
    ['absent', { kind: 'absent', files: [] }, 'a folder was expected, found absent'],
  ])('names what is %s', (_, actual, words) => {
    expect(difference(folder(file('a'), file('b')), actual)).toBe(words);
  });
});
