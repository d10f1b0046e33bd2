import { ABSENT, counted, formatNumber, listed } from '../../../pipeline/report/format.js';
import { type Content, type Html, html } from '../../../pipeline/report/html.js';
import { facts, folded, table } from '../../../pipeline/report/table.js';
import type { CountTable, DataViews } from '../model/data.js';
import type { ReportModel } from '../model/report.js';
import { numeric, value } from './cells.js';

/** Bucket names are machine words: `no-text` reads as `no text`. */
const words = (name: string): string => name.replaceAll('-', ' ').replaceAll('_', ' ');

function counts(
  id: string,
  caption: string,
  first: string,
  { columns, rows }: CountTable,
  format = words,
  hasTotal = true,
): Html {
  const total = columns.map((_, index) => rows.reduce((sum, row) => sum + (row.counts[index] ?? 0), 0));
  const cell = (count: number | null): string => (count === null ? ABSENT : formatNumber(count));
  return table({
    id,
    caption,
    columns: [{ header: first }, ...columns.map((column) => numeric(column))],
    rows: [
      ...rows.map((row) => ({ cells: [format(row.name), ...row.counts.map(cell)] })),
      ...(hasTotal ? [{ cells: ['together', ...total.map(cell)] }] : []),
    ],
  });
}

const asIs = (name: string): string => name;

/** Which card this is, where a run has several. */
const ofInstance = (instance: string, cards: readonly unknown[]): Html | null =>
  cards.length > 1 ? html`<p class="quiet"><code>${instance}</code></p>` : null;

function droppedTable(dropped: DataViews['fetch'][number]['dropped'], id: string): Html {
  if (dropped.length === 0) return html`<p>Nothing was dropped on reading.</p>`;
  return table({
    id,
    caption: 'Dropped on reading, by reason.',
    columns: [{ header: 'Reason' }, { header: 'What' }, numeric('Dropped'), { header: 'Examples' }],
    rows: dropped.map(({ what, reason, count, examples }) => ({
      cells: [
        words(reason),
        what === '' ? ABSENT : what,
        formatNumber(count),
        examples.length === 0 ? ABSENT : examples.join('; '),
      ],
    })),
  });
}

function fetchCards(cards: DataViews['fetch']): Html {
  if (cards.length === 0) return html`<p class="absent">No fetch card in this run.</p>`;
  return html`${cards.map(
    ({ instance, source, synthetic, files, rows, joined, texts, dropped, warnings }, index) => {
      const list = html`<ul>${warnings.map((text) => html`<li>${text}</li>`)}</ul>`;
      const joinedTable = counts(
        `fetch-${index}-joined`,
        'How rows and texts were joined.',
        'Count',
        joined,
        words,
        false,
      );
      const textsTable = counts(
        `fetch-${index}-texts`,
        'Rows with a text, by the source that gave it.',
        'Source',
        texts,
        asIs,
      );
      return html`${ofInstance(instance, cards)}${facts([
        ['Source', source],
        ['Kind', synthetic ? 'synthetic' : 'real'],
        ['Files', formatNumber(files)],
        ...Object.entries(rows).map(([split, n]): [string, Content] => [`Rows in ${split}`, formatNumber(n)]),
      ])}${droppedTable(dropped, `fetch-${index}-dropped`)}${
        joined.rows.length > 0 && folded('Rows and texts', joinedTable)
      }${texts.rows.length > 1 && folded('Texts by source', textsTable)}${warnings.length > 0 && folded(counted(warnings.length, 'warning'), list)}`;
    },
  )}`;
}

function hydrateCards(cards: DataViews['hydrate']): Html | null {
  if (cards.length === 0) return null;
  return html`<h3>Asked of X</h3>${cards.map(
    ({ instance, missing, withheld_in, warnings, ...card }, index) => {
      const reasons: CountTable = {
        columns: ['Tweets'],
        rows: Object.entries(missing).map(([name, count]) => ({ name, counts: [count] })),
      };
      const countries = Object.entries(withheld_in).map(([name, count]) => `${name} ${formatNumber(count)}`);
      return html`${ofInstance(instance, cards)}${facts([
        ['Asked', card.host],
        ['Tweets without a text', formatNumber(card.tweets)],
        ['Obtained', formatNumber(card.found)],
        ['Rows that got a text', formatNumber(card.rows_filled)],
        ...(countries.length === 0 ? [] : [['Withheld in', listed(countries)] as const]),
      ])}${
        reasons.rows.length > 0 &&
        folded(
          'Why tweets are missing',
          counts(`hydrate-${index}-missing`, 'Tweets that X did not give, by reason.', 'Reason', reasons),
        )
      }${warnings.length > 0 && folded(counted(warnings.length, 'warning'), html`<ul>${warnings.map((text) => html`<li>${text}</li>`)}</ul>`)}`;
    },
  )}`;
}

function cleanCards(cards: DataViews['clean']): Html {
  if (cards.length === 0) return html`<p class="absent">No clean card in this run.</p>`;
  return html`${cards.map((card, index) => {
    const leaks = Object.entries(card.leaks).map(
      ([kind, count]) => `${formatNumber(count)} (${words(kind)})`,
    );
    const without = card.entities_without_text;
    const buckets = counts(
      `clean-${index}-buckets`,
      'What became of each row; only used rows go on.',
      'Rows',
      card.buckets,
    );
    const labels = counts(`clean-${index}-labels`, 'Labels of the used rows.', 'Label', card.labels, asIs);
    return html`${ofInstance(card.instance, cards)}${facts([
      ['Rules', card.rules],
      ...Object.entries(card.entities).map(([split, n]): [string, Content] => [
        `Entities in ${split}`,
        formatNumber(n),
      ]),
      ['Entities without any text', formatNumber(without.length)],
      ['Texts that occur in both splits', leaks.length === 0 ? 'not recorded' : listed(leaks)],
    ])}<div class="pair">${buckets}${labels}</div>
${without.length > 0 && folded('Entities without any text', html`<p><code>${without.join(' ')}</code></p>`)}${stepsOf(card, index)}${samplesOf(card, index)}`;
  })}`;
}

function stepsOf({ steps }: DataViews['clean'][number], index: number): Html | null {
  if (steps.length === 0) return null;
  const shown = steps.some(({ samples }) => samples.length > 0);
  const example = (samples: (typeof steps)[number]['samples'], side: 'before' | 'after'): string =>
    samples[0]?.[side] ?? ABSENT;
  const sides = ({ samples }: (typeof steps)[number]): readonly string[] =>
    shown ? [example(samples, 'before'), example(samples, 'after')] : [];
  return folded(
    'What each step of cleaning did',
    table({
      id: `clean-${index}-steps`,
      caption: 'Steps in their order, and how many of the used texts each changed.',
      columns: [
        { header: 'Step' },
        { header: 'What it does' },
        numeric('Texts changed'),
        ...(shown ? [{ header: 'Before' }, { header: 'After' }] : []),
      ],
      rows: steps.map((step) => ({
        cells: [step.name, step.summary, formatNumber(step.changed), ...sides(step)],
      })),
    }),
  );
}

function samplesOf({ samples, withheld_samples }: DataViews['clean'][number], index: number): Html | null {
  if (samples.length > 0) {
    return folded(
      'Examples before and after cleaning',
      html`<div class="before-after">${table({
        id: `clean-${index}-samples`,
        headers: 0,
        caption: 'Texts before and after cleaning.',
        columns: [{ header: 'Before' }, { header: 'After' }],
        rows: samples.map(({ before, after }) => ({ cells: [before, after] })),
      })}</div>`,
    );
  }
  if (withheld_samples === 0) return null;
  return html`<p class="quiet">Examples of cleaned texts are in clean.json and not in this report: real tweets may not be passed on.</p>`;
}

const INPUTS: Readonly<Record<string, string>> = {
  tweet: 'tweet',
  'entity-tweet': 'entity, tweet',
};

function encodeCards(cards: DataViews['encode']): Html {
  if (cards.length === 0) return html`<p class="absent">No encode card in this run.</p>`;
  const rows = cards.flatMap((card) =>
    card.tokens.map(({ split, mean, p95, max, truncated }) => ({
      cells: [
        card.model,
        split,
        INPUTS[card.input ?? ''] ?? 'not recorded',
        value(mean, (raw) => formatNumber(raw, 1)),
        formatNumber(p95),
        formatNumber(max),
        formatNumber(card.max_length),
        truncated === null ? 'not recorded' : formatNumber(truncated),
      ],
    })),
  );
  return table({
    id: 'token-table',
    title: 'Token lengths',
    headers: 2,
    caption: 'WordPiece tokens per tweet, [CLS] and [SEP] included.',
    columns: [
      { header: 'Model' },
      { header: 'Split' },
      { header: 'Input' },
      numeric('Mean'),
      numeric('95 % have at most'),
      numeric('Longest'),
      numeric('Limit'),
      numeric('Truncated'),
    ],
    rows,
  });
}

function splitCards(cards: DataViews['split']): Html {
  if (cards.length === 0) return html`<p class="absent">No split card in this run.</p>`;
  return html`${cards.map(
    (card, index) =>
      html`${ofInstance(card.instance, cards)}${counts(
        `split-${index}`,
        `Tweets by label and split${card.seed === null ? '' : `; the validation part was drawn with seed ${card.seed}`}.`,
        'Label',
        card.counts,
        asIs,
      )}`,
  )}`;
}

export function dataView({ data }: ReportModel): Html {
  return html`<h3>Fetched</h3>${fetchCards(data.fetch)}${hydrateCards(data.hydrate)}
<h3>Cleaned</h3>${cleanCards(data.clean)}
<h3>Split</h3>${splitCards(data.split)}
<h3>Token lengths</h3>${encodeCards(data.encode)}`;
}
