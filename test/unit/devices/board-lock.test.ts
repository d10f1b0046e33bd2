import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  BOARD_PYTHONS,
  boardLock,
  packagesName,
  parseRequirements,
  platformTags,
  requirementsFor,
} from '../../../pipeline/devices/board-lock.js';
import { INSTALLATION } from '../../rig/pipeline-rig.js';

const lock = parseRequirements(boardLock());

describe('the lock of the boards', () => {
  it.each(BOARD_PYTHONS)('has each package once for Python %s, with wheels', (python) => {
    const names = requirementsFor(lock, python).map(({ pin }) => pin.split('==')[0]);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['ai-edge-litert', 'numpy', 'psutil', 'tokenizers']));
    for (const { pin, hashes } of requirementsFor(lock, python))
      expect(hashes.length, pin).toBeGreaterThan(0);
  });

  it('is made of the .in file as it is', () => {
    const wanted = readFileSync(join(INSTALLATION, 'pipeline/devices/board-requirements.in'), 'utf8');
    const bare = (text: string) => parseRequirements(text).map(({ pin, marker }) => ({ pin, marker }));
    expect(bare(boardLock())).toEqual(bare(wanted));
  });

  it('has the LiteRT and tokenizers that this machine compares with', () => {
    const own = readFileSync(join(INSTALLATION, 'stages/_python/requirements.lock'), 'utf8');
    for (const name of ['ai-edge-litert', 'tokenizers', 'psutil']) {
      const pin = lock.find((requirement) => requirement.pin.startsWith(`${name}==`))?.pin;
      expect(own).toContain(`\n${pin} `);
    }
  });
});

it('refuses a line that pip would read and we would not', () => {
  expect(() => parseRequirements('numpy>=2\n')).toThrow('not a requirement of a board: numpy>=2');
});

it('names packages by lock, Python and processor', () => {
  const name = packagesName('text', { python: '3.11', architecture: 'aarch64' });
  expect(name).toMatch(/^[0-9a-f]{16}-cp311-aarch64$/);
});

it('takes wheels for glibc 2.28 and older', () => {
  const tags = platformTags('aarch64');
  expect(tags[0]).toBe('manylinux_2_28_aarch64');
  expect(tags).toContain('manylinux_2_5_aarch64');
  expect(tags).toContain('manylinux2014_aarch64');
});
