import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { definition } from '../../../../stages/fetch/definition.js';
import { openArchive } from '../../../../stages/fetch/open-archive.js';
import { run } from '../../../../stages/fetch/worker.js';
import { stageContext, type TestStage, temporaryFolder } from '../stage-context.js';
import { type TestEntry, tarOf, zipOf } from './archives.js';
import { manyTweets, PackageFolder } from './package-folder.js';

const REPLAB = '../shared/data/replab2013/official';
const SOURCE = 'datasets/replab2013.source.yaml';

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** What comes of an archive: the failure, or where the data begins and which files are there. */
async function opened(bytes: Buffer) {
  const around = temporaryFolder();
  const path = join(around, 'some-archive');
  writeFileSync(path, bytes);
  const scratch = join(around, 'scratch');
  const result = await openArchive(path, 'package', ['entities'], scratch);
  // Nothing was written beside the archive and its folder.
  expect(readdirSync(around).filter((name) => !['some-archive', 'scratch'].includes(name))).toEqual([]);
  if (!result.ok) return result.error;
  return { below: result.value.folder.slice(scratch.length), files: filesBelow(scratch) };
}

const GOOD: readonly TestEntry[] = [
  { name: 'RepLab/', kind: '5' },
  { name: 'RepLab/README', content: 'not read' },
  { name: 'RepLab/entities/replab2013_entities.tsv', content: '"entity_id"\n' },
  { name: 'RepLab/entities/downloaded_entities_urls.tar.gz', content: 'not read' },
  { name: './RepLab/test/labeled/RL2013D01E001.dat', content: 'x'.repeat(70_000) },
];
const withoutFolders = GOOD.filter(({ kind }) => kind !== '5');

describe('an archive of a package', () => {
  it.each([
    ['tar', tarOf(GOOD)],
    ['tar.gz', gzipSync(tarOf(GOOD))],
    ['zip', zipOf(withoutFolders)],
  ])('is extracted as %s, as far as it is read', async (_, bytes) => {
    expect(await opened(bytes)).toEqual({
      below: '/RepLab',
      files: ['RepLab/entities/replab2013_entities.tsv', 'RepLab/test/labeled/RL2013D01E001.dat'],
    });
  });

  it.each([
    '../evil.dat',
    '/etc/evil.dat',
    'a/../../test/labeled/evil.dat',
    'C:/evil.dat',
    'a\\..\\evil.dat',
  ])('that names %j is not extracted', async (name) => {
    const entries = [...withoutFolders, { name, content: 'evil' }];
    for (const bytes of [tarOf(entries), gzipSync(tarOf(entries)), zipOf(entries)]) {
      expect(await opened(bytes)).toMatchObject({
        code: 'unsafe-archive',
        message: expect.stringContaining(JSON.stringify(name)),
      });
    }
    expect(existsSync('/etc/evil.dat')).toBe(false);
  });

  it('with a link is not extracted, for what is behind it could be anything', async () => {
    const link = { name: 'RepLab/test/labeled', kind: '2', content: '/etc' };
    expect(await opened(zipOf([link]))).toMatchObject({ code: 'unsafe-archive' });
    expect(await opened(tarOf([{ ...link, content: '' }]))).toMatchObject({ code: 'unsafe-archive' });
  });

  it.each([
    ['cut tar', tarOf(GOOD).subarray(0, 40_000)],
    ['cut tar.gz', gzipSync(tarOf(GOOD)).subarray(0, 200)],
    ['cut zip', zipOf(withoutFolders).subarray(0, 400)],
    ['the same file twice', tarOf([...GOOD, ...GOOD.slice(-1)])],
  ])('is said to be damaged: %s', async (_, bytes) => {
    expect(await opened(bytes)).toMatchObject({ code: 'damaged-archive' });
  });

  it('whose content was changed is said to be damaged', async () => {
    const bytes = zipOf(withoutFolders);
    const at = bytes.indexOf('entities.tsv') + 'entities.tsv'.length + 2;
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    expect(await opened(bytes)).toMatchObject({ code: 'damaged-archive' });
  });

  it('with nothing of a package in it, or no archive at all, is told from one', async () => {
    expect(await opened(tarOf([{ name: 'a.txt', content: 'a' }]))).toMatchObject({ code: 'bad-archive' });
    expect(await opened(Buffer.from('hello'))).toMatchObject({ code: 'bad-archive' });
  });

  it('never leads to an exception, whatever bytes are wrong', { timeout: 30_000 }, async () => {
    const archives = [tarOf(GOOD), gzipSync(tarOf(GOOD)), zipOf(withoutFolders)];
    const damage = fc.tuple(fc.nat(2), fc.nat(), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(damage, async ([which, where, byte]) => {
        const bytes = Buffer.from(archives[which] ?? []);
        bytes[where % bytes.length] = byte;
        await opened(bytes);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe('the declared package', () => {
  function context(external: Readonly<Record<string, string>>): TestStage {
    return stageContext(definition, { options: { source: 'replab2013' }, external });
  }

  it('is not what another archive holds; a folder that differs is only warned of', async () => {
    const folder = new PackageFolder({ training: manyTweets(30), test: manyTweets(3) });
    const external = { ...folder.external, source: SOURCE };
    const other = context(external);
    expect((await run(other.context)).ok).toBe(true);
    expect(other.warnings[0]).toContain(
      'not as datasets/replab2013.source.yaml describes the package: entities',
    );
    const archive = folder.path('package.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', folder.root, 'official']);
    expect(await run(context({ ...external, package: archive }).context)).toMatchObject({
      ok: false,
      error: { code: 'archive-differs', message: expect.stringContaining('training/labeled') },
    });
    // Without a description, as for texts, an archive is read as a folder is.
    const texts = folder.path('texts.tar');
    execFileSync('tar', ['-cf', texts, '-C', folder.root, 'texts']);
    const undeclared = context({ package: archive, 'texts-1': texts });
    expect(await run(undeclared.context)).toMatchObject({ ok: true, value: { rows: 33, with_text: 33 } });
    expect(readFileSync(undeclared.outputs.rows ?? '')).toEqual(readFileSync(other.outputs.rows ?? ''));
  });

  // Two archives of 64 MB are made and read: some 10 s on two busy cores, and the one proof of the digests.
  it.skipIf(!existsSync(REPLAB))(
    'is what an archive of the official one holds (needs ../shared)',
    { timeout: 120_000 },
    async () => {
      const archive = join(temporaryFolder(), 'replab.tar.gz');
      execFileSync('tar', ['-cf', archive, '-I', 'gzip -1', '-C', join(REPLAB, '..'), 'official']);
      const stage = context({ package: archive, 'texts-1': join(REPLAB, '../texts'), source: SOURCE });
      expect(await run(stage.context)).toMatchObject({ ok: true, value: { rows: 142_517, dropped: 2 } });
      const { official } = JSON.parse(readFileSync(stage.outputs.card ?? '', 'utf8'));
      expect(official.different).toEqual([]);
      expect(official.same).toHaveLength(8);
    },
  );
});
