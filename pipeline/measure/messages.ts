import { z } from 'zod';

/** The version of the agent's protocol that we speak (stages/deploy/agent/protocol.py). */
export const AGENT_PROTOCOL = 1;

const count = z.int().nonnegative();

export const helloMessage = z.object({
  type: z.literal('hello'),
  protocol: z.int(),
  /** LiteRT's version, where it is what runs. */
  runtime: z.object({ litert: z.string().optional(), threads: z.int() }),
  emulated: z.boolean(),
});

export const resultMessage = z.object({
  type: z.literal('result'),
  n: count,
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
  samples: count,
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
export type ResultMessage = z.infer<typeof resultMessage>;

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
