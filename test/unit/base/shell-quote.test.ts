import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { quoteForRsyncShell, quoteForShell } from '../../../pipeline/base/shell-quote.js';

describe('quoteForShell', () => {
  it('survives a real shell, whatever the words hold', () => {
    const words = [
      '',
      'plain-1.0/x',
      ' two  spaces ',
      "it's",
      "''",
      '"',
      '$HOME',
      '`id`',
      '\\',
      '\n',
      '~',
      '#a',
      '*',
      '-n',
      'é🍓',
      '!',
    ];
    const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(quoteForShell).join(' ')}`], {
      encoding: 'utf8',
    });
    expect(printed.split('\0').slice(0, -1)).toEqual(words);
  });
  it('leaves plain words readable', () => {
    expect(quoteForShell('/usr/bin/python3.11')).toBe('/usr/bin/python3.11');
  });
  it('knows that no argument can hold a NUL', () => {
    expect(() => quoteForShell('a\0b')).toThrow('Internal error');
  });
});

it('quotes for rsync, which knows no backslash', () => {
  expect(quoteForRsyncShell('-p')).toBe('-p');
  expect(quoteForRsyncShell('UserKnownHostsFile="/a b"')).toBe('"UserKnownHostsFile=""/a b"""');
});
