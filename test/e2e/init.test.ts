import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PipelineRig } from '../rig/pipeline-rig.js';

/** Forty texts of two labels, with everything that a CSV file may hold; every fourth is of the test split. */
function reviews(separator: string): string {
  const rows = Array.from({ length: 40 }, (_, index) => {
    const text = `"Review ${index}: ""fine""${separator} they said,\r\nthen left 👋"`;
    return [index + 1, text, index % 2 === 0 ? 'good' : 'bad', index % 4 < 2 ? 'train' : 'test'].join(
      separator,
    );
  });
  return `\uFEFF${['Id', 'Review', 'Sentiment', 'split'].join(separator)}\r\n${rows.join('\r\n')}\r\n`;
}

async function actions(rig: PipelineRig, folder = '.'): Promise<Record<string, string>> {
  const planned = await rig.run(['plan', '--json'], { cwd: folder });
  expect(planned.exitCode, planned.stderr).toBe(0);
  const instances = planned.json() as readonly { readonly id: string; readonly action: string }[];
  return Object.fromEntries(instances.map(({ id, action }) => [id, action]));
}

describe('pipeline init', () => {
  it('writes a study of the sample into a folder without tables', async () => {
    await using rig = await PipelineRig.create();
    const { exitCode, stdout } = await rig.run(['init', 'my study']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Next: cd "my study" && npx pipeline plan');
    expect(rig.files()).toEqual(['my study/.gitignore', 'my study/pipeline.yaml']);
    expect(rig.read('my study/pipeline.yaml')).toContain('name: "my study"');
    const planned = await actions(rig, 'my study');
    expect(Object.keys(planned)).toHaveLength(31);
    expect(planned.fetch).toBe('run');
    expect(Object.values(planned)).not.toContain('blocked');
  });

  it.each([',', ';', '\t'])('writes a study of a table with %j between its columns', async (separator) => {
    const name = separator === '\t' ? 'it\'s "all".tsv' : 'it\'s "all".csv';
    await using rig = await PipelineRig.create({ files: { [name]: reviews(separator) } });
    const told = await rig.run(['init', '--json']);
    expect(told.json()).toMatchObject({
      table: {
        path: name,
        text: 'Review',
        label: 'Sentiment',
        id: 'Id',
        split: 'split',
        delimiter: separator,
      },
      wrote: ['.gitignore', 'pipeline.yaml'],
    });
    const planned = await actions(rig);
    expect(planned.fetch).toBe('run');
    expect(Object.values(planned)).not.toContain('blocked');
    const ran = await rig.run(['run', 'split', '--json']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    const card = JSON.parse(rig.read('artifacts/out/split/split.json'));
    expect(card.counts).toEqual({
      train: { bad: 9, good: 9 },
      validation: { bad: 1, good: 1 },
      test: { bad: 10, good: 10 },
    });
    expect(rig.read('artifacts/out/split/test/test.jsonl').split('\n')[0]).toContain(
      `"text":"Review 2: \\"fine\\"${separator === '\t' ? '' : separator} they said, then left 👋"`,
    );
    // A text more is seen, and nothing else runs again.
    rig.write(name, reviews(separator).replace('Review 3:', 'Review three:'));
    expect((await actions(rig)).fetch).toBe('run');
    expect((await actions(rig)).encoder).toBe(planned.encoder);
  });

  it('reads JSON Lines, and chooses the columns that it is told', async () => {
    const rows = Array.from({ length: 60 }, (_, index) =>
      JSON.stringify({ a: `text ${index} of many`, b: index % 2 === 0 ? 'yes' : 'no' }),
    );
    await using rig = await PipelineRig.create({ files: { 'x/t.jsonl': `${rows.join('\n')}\n` } });
    const unknown = await rig.run(['init', 'x']);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toBe(
      'error: no column of t.jsonl is called as columns of texts are\n' +
        '  name it with --text COLUMN; its columns are: a, b\n',
    );
    expect(rig.files('x')).toEqual(['x/t.jsonl']);
    expect((await rig.run(['init', 'x', '--text', 'a', '--label', 'b'])).exitCode).toBe(0);
    const ran = await rig.run(['run', 'split', '--json'], { cwd: 'x' });
    expect(ran.exitCode, ran.stderr).toBe(0);
    // Without a column that says so, about a fifth is held out.
    const { counts } = JSON.parse(rig.read('x/artifacts/out/split/split.json'));
    const held = counts.test.yes + counts.test.no;
    expect(held).toBeGreaterThan(3);
    expect(held).toBeLessThan(25);
  });

  // Real TensorFlow starts five times; on a busy machine each start takes half a minute.
  it('takes a table of four labels to a device and a report', { timeout: 600_000 }, async () => {
    const labels = ['billing', 'delivery', 'fault', 'praise'];
    const rows = Array.from({ length: 120 }, (_, index) => {
      const label = labels[index % 4];
      return `${index + 1};"the ${label}; of case ${index} http://t.co/${index}";${label}`;
    });
    await using rig = await PipelineRig.create({
      files: { 'my.csv': `id;message;topic\n${rows.join('\n')}\n` },
    });
    expect((await rig.run(['init', '--data', 'my.csv'])).stdout).toContain(
      'my.csv (utf-8, columns between ";")',
    );
    const tiny =
      '{preset: bert-tiny, weights: "random:1", layers: 1, hidden_size: 16, heads: 2, intermediate_size: 32, max_positions: 64, vocabulary_size: 400}';
    const small = [
      `models.minilm-l3=${tiny}`,
      ...['axes.seed=[1]', 'axes.precision=[int8]', 'stages.fine-tune.with.epochs=1'],
    ].flatMap((value) => ['--set', value]);
    const ran = await rig.run(['run', 'all', '--json', ...small], { timeoutSeconds: 600 });
    expect(ran.exitCode, ran.stderr + ran.stdout.slice(-2000)).toBe(0);
    const report = JSON.parse(rig.read('artifacts/out/report/report/report.json'));
    expect(report.synthetic).toBe(false);
    expect(report.results).toHaveLength(1);
    expect(report.results[0].labels).toEqual(labels);
    expect(report.results[0].per_class.map(({ label }: { label: string }) => label)).toEqual(labels);
    const { steps, buckets } = report.data.clean[0];
    expect(steps.find(({ name }: { name: string }) => name === 'urls').changed).toBe(120);
    const used = buckets.rows.find(({ name }: { name: string }) => name === 'used').counts;
    expect(used[0] + used[1]).toBe(120);
    expect(rig.exists('artifacts/out/report/report/report.html')).toBe(true);
  });

  it('overwrites nothing', async () => {
    const files = {
      'pipeline.yaml': 'mine',
      'a/.gitignore': 'node_modules/',
      'a/t.csv': 'text,label\n',
      'b/.gitignore': '/artifacts\n',
    };
    await using rig = await PipelineRig.create({ files });
    const refused = await rig.run(['init']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('there is a pipeline.yaml in . already, and nothing was written');
    expect(rig.files()).toEqual(Object.keys(files).sort());
    await rig.run(['init', 'a']);
    expect(rig.read('a/.gitignore')).toBe('node_modules/\nartifacts/\n');
    await rig.run(['init', 'b']);
    expect(rig.read('b/.gitignore')).toBe('/artifacts\n');
    expect(rig.exists('b/pipeline.yaml')).toBe(true);
  });

  it('says which table it cannot choose or read', async () => {
    await using rig = await PipelineRig.create({
      files: {
        'two/a.csv': 'text,label\n',
        'two/b.csv': 'text,label\n',
        'outside.csv': 'text,label\n',
        'two/empty.tsv': '',
        'two/list.jsonl': '[1]\n',
      },
    });
    symlinkSync(rig.path('outside.csv'), rig.path('two/link.txt'));
    const said = async (...args: string[]) => {
      const { exitCode, stderr } = await rig.run(['init', 'two', ...args]);
      expect(exitCode).toBe(2);
      return stderr;
    };
    expect(await said()).toContain('there are 4 tables in this folder: a.csv, b.csv, empty.tsv, list.jsonl');
    expect(await said('--data', 'outside.csv')).toContain(
      'outside.csv is not inside the folder of the study',
    );
    expect(await said('--data', 'two/link.txt')).toContain('is not inside the folder of the study');
    expect(await said('--data', 'two/none.csv')).toContain('there is no file two/none.csv');
    expect(await said('--data', 'two/empty.tsv')).toContain('empty.tsv is empty');
    expect(await said('--data', 'two/list.jsonl')).toContain(
      'the first line of list.jsonl is no JSON object',
    );
    expect(await said('--data', 'two/a.csv', '--label', 'Label')).toContain('a.csv has no column "Label"');
    expect(await said('--data', 'two/a.csv', '--label', 'text')).toContain(
      'cannot both be the column "text"',
    );
    expect(rig.exists('two/pipeline.yaml')).toBe(false);
  });

  it('says so when it may not write there', async () => {
    await using rig = await PipelineRig.create({ files: { file: 'not a folder' } });
    const { exitCode, stderr } = await rig.run(['init', 'file/below']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: .*file\/below cannot be written: /);
    expect(stderr).not.toContain('    at ');
  });
});
