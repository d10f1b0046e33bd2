import type { Content } from './html.js';
import { latexOf, latexText } from './latex-text.js';
import { plainText } from './plain-text.js';
import { shownOf } from './table-data.js';
import type { Column, Row, Table } from './table-model.js';

/** Longer tables may break over pages. */
const LINES_OF_A_PAGE = 40;
/** Characters that a line of `\footnotesize` takes in LaTeX's `article`, and one across the page. */
const LINE_WIDTH = 84;
const TURNED_LINE_WIDTH = 134;
/** The space between two columns. */
const GAP = 3;
/** A float is made smaller to fit the line; wider ones stand across the page, or they could not be read. */
const WIDEST_FLOAT = 110;
/** Longer cells of text are set in several lines. */
const WIDEST_TEXT = 32;
const WIDEST_HEADER = 12;
/** Mean width of a character. */
const EM = 0.5;

interface Field {
  readonly text: string;
  readonly latex: string;
}

interface Layout extends Column {
  /** In characters. */
  readonly width: number;
  readonly isWrapped: boolean;
}

const fieldOf = (content: Content): Field => ({ text: plainText(content), latex: latexOf(content) });

/** Headers stand in short lines, or they would make columns of numbers wide. */
function headerLines(header: Content): readonly string[] {
  const lines: string[] = [];
  for (const word of plainText(header).split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDEST_HEADER)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function headerOf({ header, numeric }: Column): string {
  const lines = headerLines(header).map(latexText);
  return lines.length < 2
    ? lines.join('')
    : `\\shortstack[${numeric === true ? 'r' : 'l'}]{\\strut ${lines.join('\\\\')}}`;
}

const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length));

/** As on the page, whose captions speak of bold and grey rows. */
function emphasized(latex: string, kind: Row['kind']): string {
  if (kind === undefined || latex === '') return latex;
  return kind === 'best' ? `\\textbf{${latex}}` : `\\leavevmode\\textcolor{black!60}{${latex}}`;
}

function layoutOf(column: Column, fields: readonly Field[]): Layout {
  const width = widest(fields.map(({ text }) => text));
  const isWrapped = column.numeric !== true && width > WIDEST_TEXT;
  return {
    ...column,
    isWrapped,
    width: Math.max(isWrapped ? WIDEST_TEXT : width, widest(headerLines(column.header))),
  };
}

const specOf = ({ numeric, isWrapped, width }: Layout): string =>
  isWrapped ? `>{\\raggedright\\arraybackslash}p{${width * EM}em}` : numeric === true ? 'r' : 'l';

/** The caption without the full stop of its only sentence, and the name by which the text points at the table. */
const captionOf = ({ id, caption }: Table): string => `\\caption{${latexOf(caption)}}\\label{tab:${id}}`;

function longTable(table: Table, spec: string, head: string, body: string, columns: number): string {
  return `\\begin{longtable}{${spec}}
${captionOf(table)}\\\\
\\toprule
${head}
\\midrule
\\endfirsthead
\\toprule
${head}
\\midrule
\\endhead
\\midrule
\\multicolumn{${columns}}{r}{continued on the next page}\\\\
\\endfoot
\\bottomrule
\\endlastfoot
${body}\\end{longtable}
`;
}

/** At most as wide as the line: a wider table is made smaller. */
function floating(table: Table, spec: string, head: string, body: string): string {
  return `\\begin{table}
\\centering\\footnotesize
${captionOf(table)}
\\par\\medskip
\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%
\\begin{tabular}{${spec}}
\\toprule
${head}
\\midrule
${body}\\bottomrule
\\end{tabular}}
\\end{table}
`;
}

/**
 * The table as the page shows it, rounding and all, in LaTeX with booktabs: a float, or a `longtable` where it may not fit a page. Its first
 * line names the packages that the preamble must load. Columns that are drawings are left out.
 */
export function latexTable(table: Table): string {
  const shown = table.columns.flatMap((column, index) =>
    column.data?.length === 0 ? [] : [{ column, index }],
  );
  const rows = table.rows.map(({ cells, kind }) => ({
    kind,
    fields: shown.map(({ index }) => fieldOf(shownOf(cells[index]))),
  }));
  const layouts = shown.map(({ column }, at) =>
    layoutOf(
      column,
      rows.flatMap(({ fields }) => fields[at] ?? []),
    ),
  );
  const lines = rows.reduce(
    (sum, { fields }) =>
      sum +
      Math.max(
        1,
        ...fields.map(({ text }, at) => (layouts[at]?.isWrapped ? Math.ceil(text.length / WIDEST_TEXT) : 1)),
      ),
    0,
  );
  const body = rows
    .map(({ kind, fields }) => {
      const cells = fields.map(({ latex }) => emphasized(latex, kind));
      return `${cells.join(' & ')} \\\\\n`;
    })
    .join('');
  const head = `${layouts.map(headerOf).join(' & ')} \\\\`;
  const spec = layouts.map(specOf).join('');
  const width = layouts.reduce((sum, layout) => sum + layout.width + GAP, 0);
  const isLong = lines > LINES_OF_A_PAGE;
  const isTurned = width > (isLong ? LINE_WIDTH : WIDEST_FLOAT);
  const packages = [
    'array',
    'booktabs',
    isLong ? 'longtable' : 'graphicx',
    ...(isTurned ? ['pdflscape'] : []),
    ...(rows.some(({ kind }) => kind === 'baseline') ? ['xcolor'] : []),
  ];
  const size = width > TURNED_LINE_WIDTH ? '\\tiny' : width > LINE_WIDTH ? '\\scriptsize' : '\\footnotesize';
  const content = isLong
    ? `{${size}\\setlength{\\tabcolsep}{4pt}\n${longTable(table, spec, head, body, layouts.length)}}\n`
    : floating(table, spec, head, body);
  return `% In the preamble: \\usepackage{${packages.join(',')}}\n${isTurned ? `\\begin{landscape}\n${content}\\end{landscape}\n` : content}`;
}
