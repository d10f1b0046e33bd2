import { afterAll, describe, expect, it } from 'vitest';
import { renderReport } from '../../../../stages/report/render.js';
import { problemsOfPage } from '../../report/page-checks.js';
import { Fixture, type Shape } from './fixture.js';
import { type Change, changed, energy, modelOf, small, withOperations } from './paper-fixture.js';

afterAll(() => Fixture.removeAll());

async function sectionOf(shape: Partial<Shape>, change?: Change): Promise<string> {
  const page = renderReport(await modelOf(shape, change));
  expect(problemsOfPage(page)).toEqual([]);
  return /<section aria-labelledby="paper-heading">.*?<\/section>/s.exec(page)?.[0] ?? '';
}

const textOf = (html: string): string => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
/** The cells of each row of a table. */
const rowsOf = (section: string, id: string): string[][] => {
  const [table = ''] = new RegExp(`<table id="${id}">.*?</table>`, 's').exec(section) ?? [];
  return [...table.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<t[hd].*?<\/t[hd]>/gs)].map(([cell]) => textOf(cell).trim()),
  );
};
const figuresOf = (section: string): { id: string; caption: string }[] =>
  [...section.matchAll(/<figure.*?<\/figure>/gs)].map(([figure]) => ({
    id: /<title id="([^"]*)-title"/.exec(figure)?.[1] ?? '',
    caption: textOf(/<figcaption>.*<\/figcaption>/s.exec(figure)?.[0] ?? '').trim(),
  }));

describe('the section of the paper', () => {
  it('has each table and figure, published beside own, and a sentence with each chart', async () => {
    const section = await sectionOf({ ...small, devices: ['local', 'rpi4b'] }, withOperations);
    const titles = [...section.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, title]) => title);
    expect(titles.map((title) => /^(Table|Figure) [IV\d]+/.exec(title ?? '')?.[0] ?? title)).toEqual([
      'Table III',
      'Table IV',
      'Figure 4',
      'Figure 5',
      'Figure 6',
      'Figure 7',
      'Sizes and compression',
    ]);
    expect(rowsOf(section, 'paper-scores-table').map(([file]) => file)).toEqual([
      ...['File', 'published, 32 bits', 'published, 16 bits', 'published, 8 bits'],
      ...['minilm-l3 fp32', 'minilm-l3 fp16', 'minilm-l3 int8'],
    ]);
    expect(rowsOf(section, 'paper-measurements-table')).toHaveLength(1 + 9 + 6);
    const figures = figuresOf(section);
    expect(figures.map(({ id }) => id)).toEqual([
      ...['paper-phases-1-cpu', 'paper-phases-1-memory', 'paper-phases-2-cpu', 'paper-phases-2-memory'],
      ...['paper-flops-published', 'paper-flops-own'],
      ...['paper-spider-own-1', 'paper-spider-own-2'],
      ...['paper-spider-published-1', 'paper-spider-published-2', 'paper-spider-published-3'],
      ...['paper-si-published', 'paper-si-own', 'paper-mpi-published', 'paper-rer-published'],
    ]);
    for (const { caption } of figures) expect(caption).toMatch(/^[A-Z].{20,}\./);
    expect(section).toContain('href="#telemetry"');
    expect(textOf(section)).toContain('the published number only at 9 tokens.');
    expect(textOf(section)).toContain('160 times smaller compares files that hold different things');
    expect(textOf(section)).toContain('Not known of this study: MPI and RER.');
  });

  it('says that one seed has no deviation, and that there was no meter', async () => {
    const section = await sectionOf(small, withOperations);
    expect(rowsOf(section, 'paper-scores-table')[4]?.slice(5, 8)).toContain('none (n = 1)');
    expect(rowsOf(section, 'paper-measurements-table')[10]).toContain('no meter');
    expect(rowsOf(section, 'paper-length-table')[1]?.at(-1)).toBe('not measured');
  });

  it('has power, MPI and RER where a meter was, and says why one does not count', async () => {
    const metered = changed(({ document }) => ({ document: { ...document, energy } }));
    const section = await sectionOf(small, (inputs) => withOperations(metered(inputs)));
    expect(figuresOf(section).map(({ id }) => id)).toEqual(
      expect.arrayContaining(['paper-si-own', 'paper-mpi-own', 'paper-rer-own']),
    );
    expect(rowsOf(section, 'paper-measurements-table')[10]).toContain('0.05000 J');
    expect(textOf(section)).toContain('Our sum of power is one of 10 samples a second.');
    expect(textOf(section)).not.toContain('Not known of this study');
    const partial = await sectionOf(
      small,
      changed(({ document }) => ({
        document: { ...document, energy: { ...energy, power_class: 'partial' } },
      })),
    );
    expect(rowsOf(partial, 'paper-measurements-table')[10]).toContain('does not count');
  });

  it('draws no emulated row and gives it no time', async () => {
    const shape = { ...small, devices: ['local', 'qemu'], emulated: ['qemu'] };
    const section = await sectionOf(shape, withOperations);
    const rows = rowsOf(section, 'paper-measurements-table').filter(([, device]) => device === 'qemu');
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row.filter((cell) => cell === 'emulated')).toHaveLength(7);
    expect(textOf(section)).toContain('Not in the figures below: minilm-l3 fp32 on qemu');
    const drawings = [...section.matchAll(/<figure.*?<\/figure>/gs)].map(([figure]) => figure).join('');
    expect(drawings).not.toContain('qemu');
  });

  it('draws nothing of an INVALID row', async () => {
    const section = await sectionOf(small, (inputs) => ({
      ...withOperations(inputs),
      evaluations: inputs.evaluations.map((one) => ({
        ...one,
        document: { ...one.document, verdict: 'invalid' },
      })),
    }));
    expect(figuresOf(section).filter(({ id }) => id.includes('own') || id.includes('phases'))).toEqual([]);
    expect(section).toContain('<a href="#validity">INVALID</a>');
    expect(textOf(section)).toContain('Not in the figures below: minilm-l3 fp32 on local');
  });

  it('does without an fp32 file, without counts and without own rows', async () => {
    const section = await sectionOf({ ...small, precisions: ['int8'] });
    expect(textOf(section)).toContain('Operations a second of this study are not known');
    expect(textOf(section)).toContain('No two rows of this study were measured alike');
    expect(rowsOf(section, 'paper-sizes-table').at(-1)?.slice(0, 4)[3]).toBe('–');
    const alone = await sectionOf({ ...small, models: [] });
    expect(figuresOf(alone).map(({ id }) => id)).toEqual([
      'paper-flops-published',
      ...['paper-spider-published-1', 'paper-spider-published-2', 'paper-spider-published-3'],
      ...['paper-si-published', 'paper-mpi-published', 'paper-rer-published'],
    ]);
  });
});
