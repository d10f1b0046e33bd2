import { describe, expect, it } from 'vitest';
import { type LineChart, lineChart } from '../../../pipeline/report/chart.js';
import { page } from '../../../pipeline/report/page.js';
import { facts, folded, heatTable, table } from '../../../pipeline/report/table.js';
import { problemsOfPage } from './page-checks.js';

const chart: LineChart = {
  id: 'c',
  title: 'A <chart>',
  description: 'From 1 to 4.',
  caption: 'It rises.',
  x: { label: 'Time (s)' },
  y: { label: 'Use (%)' },
  series: [{ name: 'b', style: 1, points: [[5, 50]] }],
};

describe('page', () => {
  const sections = [
    {
      id: 'one',
      title: 'One & only',
      content: [
        table({
          id: 't',
          caption: 'Rows',
          columns: [{ header: 'Name' }, { header: 'Value', numeric: true }],
          rows: [{ cells: ['<b>', 1], kind: 'best' }],
        }),
        heatTable({
          id: 'm',
          caption: 'Matrix',
          rowTitle: 'Truth',
          columnTitle: 'predicted',
          labels: ['x'],
          cells: [[{ text: '5', share: Number.NaN }]],
        }),
        folded('More', facts([['Name', '<i>']])),
      ],
    },
    { id: 'two', title: 'Two', content: lineChart(chart) },
  ];
  const text = page({ title: 'A <title>', subtitle: 'x', notices: null, sections });

  it('is whole, accessible and self-contained', () => {
    expect(problemsOfPage(text)).toEqual([]);
  });

  it('scopes headers and marks numbers', () => {
    expect(text).toContain('<th scope="col" class="number">Value</th>');
    expect(text).toContain('<tr class="best"><th scope="row">&lt;b&gt;</th><td class="number">1</td></tr>');
    expect(text).toContain('style="--share: 0%"');
  });

  it('is found wanting when it is not', () => {
    expect(problemsOfPage(text.replace('</figure>', ''))).not.toEqual([]);
    expect(problemsOfPage(text.replace('id="two"', 'id="one"'))).not.toEqual([]);
    expect(problemsOfPage(text.replace('</main>', '<script></script></main>'))).not.toEqual([]);
    expect(
      problemsOfPage(text.replace('</main>', '<img src="https://example.org/x.png"></main>')),
    ).not.toEqual([]);
    expect(problemsOfPage(text.replace('<h2', '<h3').replace('</h2', '</h3'))).not.toEqual([]);
    expect(problemsOfPage(text.replace('<caption>', '<!--').replace('</caption>', '-->'))).not.toEqual([]);
  });
});
