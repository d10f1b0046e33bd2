import type { ClassificationReport, ClassifiedText } from '../contract/classification.js';
import { counted } from './format.js';
import { tableLines } from './table.js';
import { oneLine } from './text.js';

/** Answers for people: a table, and below it whatever they should know of it. */
export function classificationLines(report: ClassificationReport, width: number): readonly string[] {
  const { device, deployment, answers, classifier } = report;
  const { litert, threads, delegate } = classifier.runtime;
  const entities = answers.some(({ entity }) => entity !== undefined);
  const rows = answers.map((answer) => [
    ...('refused' in answer ? [`(${answer.refused.code})`, '', '', '', ''] : figures(answer)),
    ...(entities ? [answer.entity ?? ''] : []),
    answer.text,
  ]);
  const header = [
    'label',
    'probability',
    'inference',
    'tokenising',
    'tokens',
    ...(entities ? ['entity'] : []),
    'text',
  ];
  return [
    `${deployment} on ${device}, LiteRT ${litert}, ${delegate}, ${counted(threads, 'thread')}`,
    '',
    ...tableLines([header, ...rows], width),
    ...notes(report).flatMap((note, index) => (index === 0 ? ['', note] : [note])),
  ];
}

/** What the figures alone do not say. */
export function notes({ classifier, answers }: ClassificationReport): readonly string[] {
  const { emulated, cleaning, input, max_length, fixed_length } = classifier;
  const answered = answers.flatMap((answer) => ('refused' in answer ? [] : [answer]));
  const cut = answered.filter(({ tokens_cut }) => tokens_cut > 0);
  const room = Math.min(max_length, fixed_length ?? max_length);
  return [
    ...(emulated ? ['This device is emulated: its times mean nothing.'] : []),
    ...(cleaning === null
      ? [
          'Texts were taken as they are: the bundle does not say how those of the training were cleaned. Where a stage `clean` did it, add that to `from:` of deploy.',
        ]
      : []),
    ...(input === 'tweet' && answers.some(({ entity }) => entity !== undefined)
      ? ['This model sees the text alone: --entity changed nothing.']
      : []),
    ...(cut.length > 0
      ? [
          `Cut to ${room} tokens, as in the training: ${cut.map(({ text, tokens_cut }) => `"${shortened(text)}" lost ${tokens_cut}`).join('; ')}.`,
        ]
      : []),
    ...answers.flatMap((answer) =>
      'refused' in answer ? [`"${shortened(answer.text)}": ${answer.refused.message}.`] : [],
    ),
  ];
}

function figures({ label, probability, latency_ms, tokenize_ms, tokens }: ClassifiedText): readonly string[] {
  return [label, probability.toFixed(3), milliseconds(latency_ms), milliseconds(tokenize_ms), String(tokens)];
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`;
}

function shortened(text: string): string {
  const line = oneLine(text);
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}
