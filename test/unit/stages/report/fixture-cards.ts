import { digestOf, type Json } from '../../../../pipeline/base/canonical.js';
import { randomFrom } from '../../../../pipeline/base/random.js';

export const seedOfText = (text: string): number => Number.parseInt(digestOf(text).slice(7, 14), 16);

export function probeOf(device: string): Record<string, Json> {
  return {
    device,
    transport: device === 'local' ? 'local' : 'ssh',
    hostname: `${device}-host`,
    os: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.6.31',
    architecture: 'aarch64',
    model: device === 'local' ? 'AMD EPYC 7B13' : 'Raspberry Pi 4 Model B Rev 1.4',
    cpu_count: 4,
    memory_bytes: 4_012_834_816,
    free_disk_bytes: 18_000_000_000 + seedOfText(device),
    governor: device === 'local' ? null : 'ondemand',
    python: '3.11.2',
    litert: '2.3.0',
    psutil: '7.1.0',
    board_id: '0123456789ab',
    clock_offset_s: 0.002,
  };
}

export function encodeCard(): object {
  const tokens = { mean: 24.6, p95: 41, max: 73 };
  return {
    schema: 1,
    max_length: 128,
    input: 'entity-tweet',
    tokens: { train: tokens, validation: tokens, test: tokens },
    truncated: { train: 0, validation: 0, test: 0 },
  };
}

export function trainingLog(
  model: string,
  seed: number,
  labels: readonly string[],
  confusion: readonly (readonly number[])[],
): object {
  const random = randomFrom(seedOfText(`${model} ${seed}`));
  const epochs = [1, 2, 3].map((epoch) => ({
    epoch,
    train_loss: 1.05 / epoch ** 0.4 + random() * 0.03,
    validation_loss: 0.98 / epoch ** 0.25 + random() * 0.04,
    validation_accuracy: 0.6 + 0.04 * epoch + random() * 0.01,
    validation_macro_f1: 0.5 + 0.04 * epoch + random() * 0.02,
    seconds: 31 + random(),
    samples_per_s: 105 + random() * 5,
  }));
  const loss = Array.from({ length: 900 }, (_, step) => [
    step + 1,
    1.1 / (1 + step / 250) ** 0.6 + (random() - 0.5) * 0.3,
  ]);
  return {
    schema: 1,
    options: {},
    precision: 'float32',
    threads: 2,
    parameters: 22_713_216,
    steps_per_epoch: 300,
    epochs,
    best_epoch: 3,
    loss,
    confusion,
    labels,
    peak_rss_bytes: 1_400_000_000,
  };
}

export function conversionCard(precision: string, bytes: number, labels: readonly string[]): object {
  return {
    schema: 1,
    precision,
    sequence_length: 'dynamic',
    bytes,
    sha256: 'x',
    ops: { FULLY_CONNECTED: 38, RESHAPE: 60, BATCH_MATMUL: 12, ADD: 55, MUL: 31, GELU: 6, SOFTMAX: 6 },
    op_count: 208,
    stands_alone: true,
    labels,
    max_length: 128,
    seconds: 7.2,
    versions: { tensorflow: '2.21.0', litert: '2.3.0' },
    bytes_by_part: { embedding: Math.floor(bytes / 2), structure: Math.ceil(bytes / 2) },
    rewrites: ['fold_norms', 'merge_siblings'],
    parity: {
      texts: 512,
      max_abs_logit_difference: precision === 'int8' ? 0.083 : 2.1e-6,
      mean_abs_logit_difference: precision === 'int8' ? 0.011 : 3.2e-7,
      argmax_agreement: precision === 'int8' ? 0.984375 : 1,
      saved_model_macro_f1: 0.61,
      macro_f1: precision === 'int8' ? 0.604 : 0.61,
      only_saved_model_right: precision === 'int8' ? 5 : 0,
      only_file_right: precision === 'int8' ? 3 : 0,
      mcnemar_p: precision === 'int8' ? 0.7266 : 1,
    },
    worst_weights:
      precision === 'int8'
        ? [{ name: 'embeddings.word_embeddings.weight', kind: 'INT8', relative: 0.031, max_abs: 0.0042 }]
        : [],
    gates:
      precision === 'int8'
        ? [{ name: 'macro_f1_difference', limit: 0.01, value: 0.006, passed: true }]
        : [{ name: 'argmax_agreement', limit: 0.999, value: 1, passed: null, why: 'random weights' }],
  };
}

export function telemetryOf(peak: number, device: string): object[] {
  const random = randomFrom(seedOfText(device) + peak);
  return Array.from({ length: 700 }, (_, index) => {
    const t_s = index / 10;
    const phase = t_s < 8 ? 'before' : t_s < 60 ? 'during' : 'after';
    const busy = phase === 'during';
    return {
      t_s,
      phase,
      cpu_percent: (busy ? 27 : 3) + random() * 6,
      cpu_percent_process: busy ? 92 + random() * 8 : 0,
      ...(index % 10 === 0 ? { memory_used_bytes: 1_210_000_000 + (busy ? peak : 0) + random() * 4e6 } : {}),
      rss_bytes: busy ? peak * (0.9 + 0.1 * Math.min(1, (t_s - 8) / 5)) : 31_000_000,
      temperature_c: device === 'local' ? null : 48 + (busy ? (t_s - 8) / 5 : 0) + random(),
      frequency_mhz: device === 'local' ? null : 1500,
    };
  });
}
