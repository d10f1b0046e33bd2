import { z } from 'zod';

/** The version of the agent's protocol that we speak (stages/deploy/agent/protocol.py). */
export const AGENT_PROTOCOL = 3;

const count = z.int().nonnegative();

export const helloMessage = z.object({
  type: z.literal('hello'),
  protocol: z.int(),
  /** LiteRT's version, where it is what runs. */
  runtime: z.object({ litert: z.string().optional(), threads: z.int() }),
  emulated: z.boolean(),
});

const cores = z.array(count).nullable();

/** A timed window: one fresh process. Times on the clock of the samples' `t_s`. */
export const windowMessage = z.object({
  window: count,
  from_s: z.number(),
  to_s: z.number(),
  n: count,
  /** Inferences within it that were not timed, one after each resize, and the seconds that resizing took. */
  untimed: count,
  resize_s: z.number().nonnegative(),
  load_s: z.number(),
  warm_up: z.object({ inferences: count, seconds: z.number(), steady: z.boolean() }),
  peak_rss_bytes: count,
  /** The processors that it was kept to; null where the system does not tell. */
  cores,
  /** What else ran while this process lived, in processors used. */
  neighbours: z.array(z.object({ pid: count, name: z.string(), cores: z.number() })),
});

export const resultMessage = z.object({
  type: z.literal('result'),
  n: count,
  /** Of `n`, those that an earlier start answered, which was killed. */
  resumed_answers: count.default(0),
  /** Interpreters that answered side by side, and the threads of each. */
  workers: count.default(1),
  threads_each: count.optional(),
  truncated: count,
  fixed_length: z.int().nullable(),
  load_s: z.number(),
  resizes: count,
  resize_s: z.number(),
  peak_rss_bytes: count,
  delegate: z.string(),
  /** Of another program than LiteRT: its name with versions. */
  runtime: z.string().optional(),
  model_sha256: z.string().optional(),
  model_bytes: count.optional(),
  /** Seconds since the first sample's clock started: first and last timed inference, end of their process. */
  measured_from_s: z.number(),
  measured_to_s: z.number(),
  process_ended_s: z.number(),
  /** The device's own clock at 0 s of the samples' clock, seconds since 1970. */
  started_at_s: z.number(),
  /** When nothing was run, phase by phase. */
  idle: z.array(z.object({ phase: z.string(), from_s: z.number(), to_s: z.number() })),
  samples: count,
  /** What was asked for the samples, and unit and highest rate of each series. */
  sampler: z.string(),
  series: z.record(z.string(), z.object({ unit: z.string(), hz: z.number() })),
  windows: z.array(windowMessage),
  /** Which processors the two kept to; null where the system does not tell, and for a sampler that has none to itself. */
  cores: z.object({ inference: cores, sampler: cores }),
  governor: z.object({ name: z.string().nullable(), pinned_mhz: z.number().nullable() }),
  /** By how much the wall clock was set while measuring, seconds. */
  clock_jump_s: z.number(),
});

/** What the agent says, one JSON object a line. */
export const agentMessage = z.discriminatedUnion('type', [
  helloMessage,
  z.object({
    type: z.literal('progress'),
    done: z.number(),
    total: z.number().optional(),
    unit: z.string(),
    phase: z.string().optional(),
  }),
  z.object({ type: z.literal('log'), level: z.enum(['info', 'warning']), message: z.string() }),
  resultMessage,
  z.object({
    type: z.literal('failure'),
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
  }),
]);

export type AgentMessage = z.infer<typeof agentMessage>;
export type HelloMessage = z.infer<typeof helloMessage>;
export type WindowMessage = z.infer<typeof windowMessage>;
export type ResultMessage = z.infer<typeof resultMessage>;

/** One line of windows.jsonl: latencies in the order of the work, and the length of each text. */
export const windowLatencies = z.object({
  window: count,
  latency_ms: z.array(z.number().nonnegative()).min(1),
  tokens: z.array(count),
});

const total = z.number().nonnegative();

/** JSON has no word for what is not a number: null. */
const real = z.union([z.number(), z.null().transform(() => Number.NaN)]);

/** One line of telemetry.jsonl, in the parts that verdicts and its summary are made of. What ends in `_total` only grows. */
export const telemetryLine = z.object({
  t_s: z.number(),
  phase: z.string(),
  cpu_percent: real,
  cpu_percent_process: real,
  rss_bytes: real,
  // Looked at less often than the others: no line says nothing of them.
  memory_used_bytes: real.optional(),
  temperature_c: z.number().nullish(),
  frequency_mhz: z.number().nullish(),
  throttled: count.nullish(),
  busy_s_total: total,
  stolen_s_total: total,
  sampler_s_total: total,
  swapped_in_bytes_total: total,
  process_s_total: total.optional(),
  major_faults_total: total.optional(),
  pss_bytes: count.nullish(),
  uss_bytes: count.nullish(),
});

export type TelemetryLine = z.infer<typeof telemetryLine>;

/** One line of predictions.jsonl. */
export const prediction = z.object({
  id: z.string(),
  entity: z.string(),
  label: count,
  predicted: count,
  logits: z.array(z.number()),
  latency_ms: z.number().nonnegative(),
  tokens: count,
});
