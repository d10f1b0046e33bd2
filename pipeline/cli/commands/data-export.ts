import { existsSync } from 'node:fs';
import { basename, extname, join, relative, resolve } from 'node:path';
import { exportIds, type IdsFormat } from '../../../stages/split/export-ids.js';
import { writeFileAtomically } from '../../base/atomic-write.js';
import { canonicalJson } from '../../base/canonical.js';
import type { Instance } from '../../contract/plan.js';
import { selectInstances } from '../../plan/selector.js';
import { readIndex } from '../../store/records.js';
import { EXIT } from '../exit-codes.js';
import { complain, openOrExplain } from '../prepare.js';
import type { Project, ProjectOptions } from '../project.js';

export interface DataExportOptions extends ProjectOptions {
  readonly idsOnly: boolean;
  readonly to?: string;
  readonly split?: string;
  readonly json: boolean;
}

const FORMATS: Readonly<Record<string, IdsFormat>> = { '.csv': 'csv', '.jsonl': 'jsonl' };

/** `pipeline data export --ids-only`: the last result of `split` as ids, labels and counts, to be passed on. Makes nothing. */
export async function dataExport(options: DataExportOptions): Promise<number> {
  if (!options.idsOnly) {
    return complain(
      'texts of tweets are not ours to pass on: only ids, labels and counts can be exported',
      'say so: pipeline data export --ids-only',
    );
  }
  const opened = openOrExplain(options);
  if (!opened.ok) return opened.error;
  const project = opened.value;
  const file = resolve(options.to ?? `${project.config.name}-ids.csv`);
  const format = FORMATS[extname(file)];
  if (format === undefined) {
    return complain(`--to ${options.to}: the kind of file is not known`, 'end its name with .csv or .jsonl');
  }
  const splits = project.graph.instances.filter(({ definition }) => definition.id === 'split');
  if (splits.length === 0) {
    return complain('this profile has no split stage', 'add one to stages: in pipeline.yaml');
  }
  const chosen =
    options.split === undefined
      ? { ok: true as const, value: splits }
      : selectInstances({ instances: splits }, [options.split]);
  if (!chosen.ok) return complain(`--split: ${chosen.error}`, namesOf(splits));
  const [split] = chosen.value;
  if (split === undefined || chosen.value.length > 1) {
    return complain(`${chosen.value.length} splits could be meant`, namesOf(splits));
  }
  return write(project, split, { file, format, json: options.json });
}

const namesOf = (splits: readonly Instance[]): string =>
  `name one by --split: ${splits.map(({ id }) => `'${id}'`).join(' ')}`;

async function write(
  { config, layout }: Project,
  { id, stage, coordinates }: Instance,
  to: { readonly file: string; readonly format: IdsFormat; readonly json: boolean },
): Promise<number> {
  const folder = layout.outputs(stage.name, coordinates);
  const folders = { fit: join(folder, 'fit'), test: join(folder, 'test') };
  const key = readIndex(layout).get(id);
  if (key === undefined || !Object.values(folders).every((path) => existsSync(path))) {
    return complain(`${id} has no result yet`, `make it with: pipeline run '${id}'`, EXIT.failed);
  }
  const exported = await exportIds(folders, to.format);
  if (!exported.ok) {
    return complain(
      `nothing was written: ${id}, ${exported.error}`,
      'give the table a column of ids (--id of `pipeline init`), and names of entities without spaces',
      EXIT.failed,
    );
  }
  const { content, card } = exported.value;
  const cardFile = `${to.file.slice(0, -extname(to.file).length)}.card.json`;
  const document = { ...card, file: basename(to.file), study: config.name, from: { instance: id, key } };
  writeFileAtomically(to.file, content);
  writeFileAtomically(cardFile, `${canonicalJson(document)}\n`);
  if (to.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else {
    const shown = [to.file, cardFile].map((path) => relative(process.cwd(), path));
    process.stdout.write(`${card.rows} tweets without texts: ${shown.join(', ')}\n`);
  }
  return EXIT.ok;
}
