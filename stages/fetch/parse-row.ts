/** Why a line is not a row of tab-separated, double-quoted fields. */
export type RowProblem = 'unterminated-quote' | 'text-after-quote';

/**
 * Splits one line of the organisers' format: fields separated by tabs, each in double quotes with `""` for a
 * quote, so that a field may hold tabs. Bare fields are taken too: the real package has a few (`NA`).
 */
export function parseRow(line: string): readonly string[] | RowProblem {
  const fields: string[] = [];
  let position = 0;
  for (;;) {
    if (line[position] !== '"') {
      const tab = line.indexOf('\t', position);
      fields.push(tab < 0 ? line.slice(position) : line.slice(position, tab));
      if (tab < 0) return fields;
      position = tab + 1;
      continue;
    }
    const close = closingQuote(line, position + 1);
    if (close < 0) return 'unterminated-quote';
    fields.push(line.slice(position + 1, close).replaceAll('""', '"'));
    if (close + 1 === line.length) return fields;
    if (line[close + 1] !== '\t') return 'text-after-quote';
    position = close + 2;
  }
}

/** Where the quote is that ends a field, past those that are written twice; below 0: not in this line. */
export function closingQuote(line: string, from: number): number {
  for (let start = from; ; ) {
    const quote = line.indexOf('"', start);
    if (quote < 0 || line[quote + 1] !== '"') return quote;
    start = quote + 2;
  }
}
