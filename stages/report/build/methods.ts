import { counted, formatNumber, listed } from '../../../pipeline/report/format.js';
import type { Methods } from '../model/methods.js';
import type { ReportModel } from '../model/report.js';
import {
  conversionMethods,
  energyMethods,
  measuringMethods,
  statisticsMethods,
} from './methods-measuring.js';
import { sentences, unique } from './methods-text.js';
import { trainingMethods } from './methods-training.js';

/** All of the report that its methods are told from. */
export type Told = Omit<ReportModel, 'methods'>;

/** The methods of a study, from what the rest of its report says. */
export function buildMethods(model: Told): Methods {
  const paragraphs = [
    dataMethods(model),
    trainingMethods(model),
    conversionMethods(model),
    measuringMethods(model),
    energyMethods(model),
    statisticsMethods(model),
    softwareMethods(model),
  ];
  return {
    text: paragraphs.filter((text) => text !== '').join('\n\n'),
    bibtex: `${PAPER}\n\n${edgelineEntry(model.made_with)}`,
  };
}

/** The counts of one column, added up. */
function sumOf(
  { columns, rows }: Told['data']['split'][number]['counts'],
  column: string,
  only?: string,
): number {
  const at = columns.indexOf(column);
  const own = only === undefined ? rows : rows.filter(({ name }) => name === only);
  return own.reduce((sum, { counts }) => sum + (counts[at] ?? 0), 0);
}

function dataMethods({ data, synthetic, results }: Told): string {
  const labels = unique(results.flatMap((row) => row.labels));
  return sentences([
    synthetic === true &&
      'The tweets are synthetic: they were made up to try the pipeline, and no score here says anything about real tweets.',
    synthetic === null && 'Whether the tweets are real was not recorded.',
    ...data.fetch.map(
      ({ source, synthetic: madeUp, rows }) =>
        `The data set is ${source}${madeUp ? ' (made up)' : ''}, with ${listed(
          Object.entries(rows).map(([split, count]) => `${formatNumber(count)} rows in ${split}`),
        )}.`,
    ),
    ...data.hydrate.map(
      ({ tweets, found }) =>
        `Of ${counted(tweets, 'tweet')} without a text, ${formatNumber(found)} were obtained from the X API.`,
    ),
    ...data.clean.map(
      ({ rules, buckets }) =>
        `After cleaning by the rules "${rules}", ${listed(
          buckets.columns.map((split) => `${formatNumber(sumOf(buckets, split, 'used'))} tweets of ${split}`),
        )} were used.`,
    ),
    ...data.split.map(
      ({ seed, counts }) =>
        `They were split into ${listed(
          counts.columns.map((split) => `${split} (n = ${formatNumber(sumOf(counts, split))})`),
        )}${seed === null ? '' : `, the validation part drawn with seed ${seed}`}.`,
    ),
    labels.length > 0 && `The classes are ${listed(labels)}.`,
    ...unique(
      data.encode.map(
        ({ max_length, input }) =>
          `Texts were cut into WordPiece tokens, at most ${max_length} with [CLS] and [SEP]${
            input === 'entity-tweet' ? ', the name of the entity before the tweet' : ''
          }.`,
      ),
    ),
  ]);
}

function softwareMethods({ study, profile, made_with, provenance }: Told): string {
  const version = made_with === null ? '' : ` ${made_with}`;
  const chosen = profile.length === 0 ? '' : `, profile ${listed(profile)}`;
  return sentences([
    `All steps were run by Edgeline${version} (study ${study}${chosen}).`,
    provenance.length > 0 &&
      'Each result is named by the SHA-256 of all that could change it, and the report gives the command that makes it again.',
  ]);
}

const PAPER = `@misc{rahman2023quantized,
  title = {Quantized Transformer Language Model Implementations on Edge Devices},
  author = {Rahman, Mohammad Wali Ur and Abrar, Murad Mehrab and Copening, Hunter Gibbons and Hariri, Salim and Shao, Sicong and Satam, Pratik and Salehi, Soheil},
  year = {2023},
  eprint = {2310.03971},
  archiveprefix = {arXiv}
}`;

const edgelineEntry = (version: string | null): string => `@misc{edgeline,
  title = {{Edgeline}: from labelled tweets to measured models on edge devices},
  howpublished = {Software${version === null ? '' : `, version ${version}`}}
}`;
