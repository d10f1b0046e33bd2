import { describe, expect, it } from 'vitest';
import { attachedTo, html, joined } from '../../../pipeline/report/html.js';
import { cell, folded, heatTable, table } from '../../../pipeline/report/table.js';
import { dataOf } from '../../../pipeline/report/table-data.js';

const columns = [
  { header: 'Name' },
  { header: 'Score', numeric: true, data: ['Score mean', 'Score SD'] },
  { header: 'Time (ms)', numeric: true },
  { header: 'When', data: [] },
];
const scores = {
  id: 'scores',
  title: 'Scores & times',
  caption: 'Scores.',
  columns,
  rows: [
    { cells: ['=a', cell('0.69 ± 0.01', 0.6891, 0.0123), cell('1.2', 1.234), html`<svg></svg>`] },
    { cells: [html`<code>b</code>`, '–', '−1,234.5', null] },
    { cells: ['c', 'INVALID', 'not a number', null] },
  ],
};

describe('the data of a table', () => {
  it('are raw values in columns of their own, and texts where none are named', () => {
    expect(dataOf(scores)).toEqual({
      columns: ['Name', 'Score mean', 'Score SD', 'Time (ms)'],
      rows: [
        ['=a', 0.6891, 0.0123, 1.234],
        ['b', null, null, -1234.5],
        ['c', 'INVALID', null, Number.NaN],
      ],
    });
  });

  it('have as many values as their column has names', () => {
    const rows = [{ cells: ['a', cell('0.69', 0.69), '1', null] }];
    expect(() => dataOf({ columns, rows })).toThrow('1 values under Score mean, Score SD');
  });

  it('of a matrix are its values', () => {
    const [csv] = heatTable({
      id: 'm',
      caption: 'M',
      rowTitle: 'Truth',
      columnTitle: 'predicted',
      labels: ['x', 'y'],
      cells: [
        [
          { text: html`1,000<br>50.0 %`, share: 0.5, value: 1000 },
          { text: '2', share: 0 },
        ],
        [
          { text: '3', share: 0 },
          { text: '4', share: 0 },
        ],
      ],
    }).attachments;
    expect(csv?.text).toBe('Truth,predicted x,predicted y\nx,1000,2\ny,3,4\n');
  });
});

describe('the files of a table', () => {
  const drawn = table(scores);
  const address = (html: string, file: string): string =>
    new RegExp(`<a download="${file}" href="data:[^,]*;charset=utf-8,([^"]*)">`).exec(html)?.[1] ?? 'none';

  it('are CSV and LaTeX, and the links to them hold the same', () => {
    expect(drawn.attachments.map(({ name }) => name)).toEqual(['tables/scores.csv', 'tables/scores.tex']);
    const [csv, tex] = drawn.attachments;
    expect(csv?.text.split('\n')[1]).toBe("'=a,0.6891,0.0123,1.234");
    expect(decodeURIComponent(address(drawn.text, 'scores.csv'))).toBe(csv?.text);
    expect(decodeURIComponent(address(drawn.text, 'scores.tex'))).toBe(tex?.text);
    expect(drawn.text).toContain('>CSV<span class="hidden"> of Scores &amp; times</span></a>');
  });

  it('come along with whatever the table is put into', () => {
    const other = table({ ...scores, id: 'other' });
    const content = html`<p>${[folded('More', drawn)]}</p>${joined([other, 'x'], ', ')}`;
    expect(attachedTo([content]).map(({ name }) => name)).toEqual([
      'tables/scores.csv',
      'tables/scores.tex',
      'tables/other.csv',
      'tables/other.tex',
    ]);
  });

  it('are named and not held by the page when they are long', () => {
    const rows = Array.from({ length: 900 }, (_, index) => ({ cells: [`name ${index}`, '–', index, null] }));
    const { text, attachments } = table({ ...scores, rows });
    expect(text).not.toContain('data:');
    expect(text).toContain('<a href="tables/scores.csv">CSV');
    expect(attachments[0]?.text.split('\n')).toHaveLength(902);
  });

  it('hold half a character as the sign for it', () => {
    const { attachments } = table({ ...scores, rows: [{ cells: ['a\ud83d', '–', 1, null] }] });
    expect(attachments[0]?.text).toContain('a\ufffd,,,1\n');
    expect(attachments[1]?.text).toContain('a{[}U+D83D]');
  });

  it.each(['../x', 'a b', 'A', '', 'a.b'])('cannot be called %j', (id) => {
    expect(() => table({ ...scores, id })).toThrow('an id that is no name of a file');
  });
});
