import { expect, test } from 'vitest';
import { pathMap } from '../../../pipeline/execute/path-map.js';

const map = pathMap(
  [
    ['/here/work 1', '/there/a'],
    ['', '/never'],
  ],
  ['/data/in.txt', '/code/lib/part.py', "/it's/here"],
  '/there/a/tree',
);

test.each([
  ['/here/work 1/out/x', '/there/a/out/x'],
  ['--in=/data/in.txt', '--in=/there/a/tree/data/in.txt'],
  ["sort '/here/work 1/out/a' /data/in.txt", "sort '/there/a/out/a' /there/a/tree/data/in.txt"],
  ["cat '/it'\\''s/here/x'", "cat '/there/a/tree/it'\\''s/here/x'"],
  ['/data/in.txt.bak /data/in.txt-2 /more/data/in.txt', '/data/in.txt.bak /data/in.txt-2 /more/data/in.txt'],
  ['/code/lib', '/code/lib'],
])('%s becomes %s', (here, there) => {
  expect(map.text(here)).toBe(there);
});

test('folders above what is read are there too, except those of everything', () => {
  expect(map.paths('/code/lib:/data/in.txt:/code:/usr')).toBe(
    '/there/a/tree/code/lib:/there/a/tree/data/in.txt:/code:/usr',
  );
});
