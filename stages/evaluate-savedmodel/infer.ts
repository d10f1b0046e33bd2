/**
 * The measured process: loads the SavedModel with tfjs-node, warms up, runs every text once and times each inference.
 *
 *     node infer.js --tfjs DIR --bundle DIR --out DIR --threads N --warmup N [--limit N]
 *
 * The counterpart of stages/deploy/agent/infer.py, started by the same agent, with the same order of texts, lines on standard output and
 * predictions.jsonl. Texts run one at a time at their exact lengths; after each new length one untimed inference runs, because TensorFlow finishes
 * its set-up there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Row {
  readonly id: string;
  readonly entity: string;
  readonly label: number;
  readonly input_ids: readonly number[];
  readonly second_from?: number;
}

interface Tensor {
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

interface SavedModel {
  predict(inputs: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>>;
}

/** The little of tfjs-node that is needed here; it is installed at run time, so its own types are not at hand. */
interface Tfjs {
  tensor2d(values: Int32Array, shape: [number, number], type: 'int32'): Tensor;
  readonly node: { loadSavedModel(path: string): Promise<SavedModel> };
}

const PROGRESS_MILLISECONDS = 500;

const { values: given } = parseArgs({
  options: {
    tfjs: { type: 'string' },
    bundle: { type: 'string' },
    out: { type: 'string' },
    threads: { type: 'string' },
    warmup: { type: 'string' },
    limit: { type: 'string' },
  },
});
const { tfjs: tfjsFolder = '', bundle = '', out = '' } = given;

const say = (message: object): void => {
  writeFileSync(1, `${JSON.stringify(message)}\n`);
};

/** Seconds on CLOCK_MONOTONIC, which the agent's time.perf_counter reads too. */
const now = (): number => Number(process.hrtime.bigint()) / 1e9;

let said = 0;
function progress(done: number, total: number, phase: string): void {
  if (Date.now() - said < PROGRESS_MILLISECONDS && done !== total) return;
  said = Date.now();
  say({ type: 'progress', done, total, unit: 'tweets', phase });
}

function readRows(): readonly Row[] {
  const lines = readFileSync(join(bundle, 'test.jsonl'), 'utf8').trimEnd().split('\n');
  const limit = given.limit === undefined ? lines.length : Number(given.limit);
  return lines.slice(0, limit).map((line) => JSON.parse(line) as Row);
}

async function main(): Promise<void> {
  // Read by TensorFlow when it starts; it has no other way to be told from here.
  process.env.TF_NUM_INTRAOP_THREADS = given.threads ?? '1';
  process.env.TF_NUM_INTEROP_THREADS = '1';
  process.env.TF_CPP_MIN_LOG_LEVEL = '2';
  const loading = now();
  const tf = createRequire(join(tfjsFolder, 'package.json'))('@tensorflow/tfjs-node') as Tfjs;
  const model = await tf.node.loadSavedModel(join(bundle, 'saved_model'));
  const loadSeconds = now() - loading;
  const rows = readRows();

  const run = async (row: Row): Promise<readonly [ArrayLike<number>, number]> => {
    const length = row.input_ids.length;
    const types = row.input_ids.map((_, place) => Number(place >= (row.second_from ?? length)));
    const start = now();
    const inputs = {
      input_ids: tf.tensor2d(Int32Array.from(row.input_ids), [1, length], 'int32'),
      attention_mask: tf.tensor2d(new Int32Array(length).fill(1), [1, length], 'int32'),
      token_type_ids: tf.tensor2d(Int32Array.from(types), [1, length], 'int32'),
    };
    const outputs = model.predict(inputs);
    const logits = (await outputs.logits?.data()) ?? [];
    const seconds = now() - start;
    for (const tensor of [...Object.values(inputs), ...Object.values(outputs)]) tensor.dispose();
    return [logits, seconds];
  };

  const warmup = Number(given.warmup ?? 0);
  for (let done = 0; done < warmup; done += 1) {
    const row = rows[done % rows.length];
    if (row !== undefined) await run(row);
    progress(done + 1, warmup, 'warming up');
  }
  const order = rows
    .map((row, place) => ({ row, place }))
    .sort((a, b) => a.row.input_ids.length - b.row.input_ids.length || a.place - b.place);
  const lines: string[] = new Array(rows.length);
  let length = 0;
  let resizes = 0;
  let resizeSeconds = 0;
  const windowStart = now();
  for (const [index, { row, place }] of order.entries()) {
    if (row.input_ids.length !== length) {
      length = row.input_ids.length;
      resizes += 1;
      resizeSeconds += (await run(row))[1];
    }
    const [raw, seconds] = await run(row);
    const logits = Array.from(raw, (value) => Number(value.toPrecision(9)));
    if (logits.length === 0 || !logits.every(Number.isFinite)) {
      const message = `the model answered [${Array.from(raw).join(', ')}] for the tweet ${row.id}`;
      say({
        type: 'failure',
        code: 'non-finite-logits',
        message,
        hint: 'Train it again, at a lower learning_rate.',
      });
      process.exitCode = 1;
      return;
    }
    lines[place] = JSON.stringify({
      id: row.id,
      entity: row.entity,
      label: row.label,
      predicted: logits.indexOf(Math.max(...logits)),
      logits,
      latency_ms: Math.round(seconds * 1e7) / 1e4,
      tokens: row.input_ids.length,
    });
    progress(index + 1, rows.length, 'measuring');
  }
  const windowEnd = now();
  writeFileSync(join(out, 'predictions.jsonl'), lines.map((line) => `${line}\n`).join(''));
  say({
    type: 'result',
    n: rows.length,
    truncated: 0,
    fixed_length: null,
    load_s: loadSeconds,
    resizes,
    resize_s: resizeSeconds,
    window: [windowStart, windowEnd],
    peak_rss_bytes: peakResidentBytes(),
    delegate: '',
  });
}

function peakResidentBytes(): number {
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

await main();
