import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html } from '../../../pipeline/report/html.js';
import { latexTable } from '../../../pipeline/report/latex.js';
import { latexOf, latexText } from '../../../pipeline/report/latex-text.js';
import { cell } from '../../../pipeline/report/table.js';

describe('latexText', () => {
  it.each([
    ['50 % of $5 & #1_a', '50 \\% of \\$5 \\& \\#1\\_a'],
    ['{a}\\b^c~d', '\\{a\\}\\textbackslash{}b\\textasciicircum{}c\\textasciitilde{}d'],
    ['<"`|>', '\\textless{}\\char34{}\\textasciigrave{}\\textbar{}\\textgreater{}'],
    ['0.685 ± 0.003', '0.685 $\\pm$ 0.003'],
    ['−1 × 10⁶ µ ≤ 3 °', '$-$1 $\\times$ 10$^{6}$ $\\mu$ $\\leq$ 3 $^\\circ$'],
    ['“it’s” – really…', "\\textquotedblleft{}it's\\textquotedblright{} \\textendash{} really\\ldots{}"],
    ['--set', '-{}-set'],
    ['[CLS]', '{[}CLS]'],
    ['Müller à Łódź', 'Müller à Łódź'],
    ['🚗 推', '{[}U+1F697] {[}U+63A8]'],
    ['\u202e', '{[}U+202E]'],
    ['a\n\tb', 'a b'.replace(' ', '  ')],
    ['evaluate@device=local', 'evaluate@\\allowbreak{}device=\\allowbreak{}local'],
  ])('sets %j', (text, latex) => {
    expect(latexText(text)).toBe(latex);
  });

  it('leaves nothing that LaTeX would take for a command, whatever comes', () => {
    // What stays when all that may stand there is taken away; it keeps signs around it apart.
    const rest = (latex: string): string =>
      latex
        .replace(/\\[{}$&#%_,]/g, ' ')
        .replace(/\$(-|\\[a-zA-Z]+|[\^_]\{[-\d]\}|\^\\circ)\$/g, ' ')
        .replace(/\\(text[a-z]+|ldots|char34|allowbreak)\{\}|\{\}|\{[[*]\}|~/g, ' ');
    const ligatures = fc.string({ unit: fc.constantFrom('-', "'", '’', ',', 'a') });
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme-ascii' }), ligatures),
        (text) => {
          expect(rest(latexText(text))).not.toMatch(/[\\{}$&#%^_~"`<>|[*]|--|''|,,/);
        },
      ),
    );
  });
});

describe('latexOf', () => {
  it('sets code in typewriter and leaves out what is drawn or folded away', () => {
    expect(
      latexOf(
        html`<code>a_b</code>, ${'<x>'} <span class="sd">± 1</span><svg><text>no</text></svg><details><summary>key</summary><p>no</p></details>`,
      ),
    ).toBe('\\texttt{a\\_b}, \\textless{}x\\textgreater{} $\\pm$ 1key');
  });
});

const table = {
  id: 'result-table',
  caption: 'Scores of 1 & 2.',
  columns: [
    { header: 'Model' },
    { header: 'When', data: [] },
    { header: 'Macro-F1 of the SavedModel', numeric: true },
  ],
  rows: [
    { cells: ['a_b', html`<svg></svg>`, cell('0.69', 0.6891)], kind: 'best' as const },
    { cells: ['*', null, '–'], kind: 'baseline' as const },
  ],
};

describe('latexTable', () => {
  it('is a float of booktabs that shows what the page shows', () => {
    expect(latexTable(table)).toBe(`% In the preamble: \\usepackage{array,booktabs,graphicx,xcolor}
\\begin{table}
\\centering\\footnotesize
\\caption{Scores of 1 \\& 2.}\\label{tab:result-table}
\\par\\medskip
\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%
\\begin{tabular}{lr}
\\toprule
Model & \\shortstack[r]{\\strut Macro-F1 of\\\\the\\\\SavedModel} \\\\
\\midrule
\\textbf{a\\_b} & \\textbf{0.69} \\\\
\\leavevmode\\textcolor{black!60}{{*}} & \\leavevmode\\textcolor{black!60}{\\textendash{}} \\\\
\\bottomrule
\\end{tabular}}
\\end{table}
`);
  });

  it('breaks over pages when it is long, and turns the page when it is wide, too', () => {
    const rows = (text: string) => Array.from({ length: 41 }, (_, index) => ({ cells: [text, null, index] }));
    const long = latexTable({ ...table, rows: rows('a') });
    expect(long).toContain('\\usepackage{array,booktabs,longtable}');
    expect(long).toContain('\\begin{longtable}{lr}');
    expect(long.match(/\\shortstack/g)).toHaveLength(2);
    expect(long).not.toContain('landscape');
    const columns = [...table.columns, { header: 'Why' }, { header: 'How' }];
    const text = 'a long sentence '.repeat(5);
    const wide = latexTable({
      ...table,
      columns,
      rows: rows(text).map(({ cells }) => ({ cells: [...cells, text, text] })),
    });
    expect(wide).toContain('\\begin{landscape}');
    expect(wide).toContain('{>{\\raggedright\\arraybackslash}p{16em}r>{');
  });
});
