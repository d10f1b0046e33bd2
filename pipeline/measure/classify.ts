import { z } from 'zod';
import { err, ok, type Result } from '../base/result.js';
import type { Classification, Classifier } from '../contract/classification.js';
import type { DeviceClient } from '../contract/device.js';
import type { StageFailure } from '../contract/worker.js';
import { agentFailure } from './agent-failure.js';
import { leaseArguments } from './board-lease.js';
import { deviceStageFailure } from './device-failure.js';
import { AGENT_PROTOCOL } from './messages.js';

/** What the program of a bundle says, one JSON object a line (stages/deploy/agent/classify.py). */
const hello = z.object({
  type: z.literal('hello'),
  protocol: z.literal(AGENT_PROTOCOL),
  runtime: z.object({
    litert: z.string(),
    tokenizers: z.string(),
    threads: z.int(),
    delegate: z.string(),
  }),
  emulated: z.boolean(),
  labels: z.array(z.string()),
  input: z.enum(['tweet', 'entity-tweet']),
  max_length: z.int(),
  fixed_length: z.int().nullable(),
  cleaning: z.string().nullable(),
  model_sha256: z.string(),
  load_ms: z.number(),
});

const answer = z.object({
  type: z.literal('answer'),
  line: z.int(),
  cleaned: z.string(),
  label: z.string(),
  probability: z.number(),
  probabilities: z.record(z.string(), z.number()),
  logits: z.array(z.number()),
  tokens: z.int(),
  tokens_cut: z.int(),
  latency_ms: z.number(),
  tokenize_ms: z.number(),
});

const refused = z.object({
  type: z.literal('refused'),
  line: z.int(),
  code: z.string(),
  message: z.string(),
});

const failure = z.object({
  type: z.literal('failure'),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});

const message = z.discriminatedUnion('type', [hello, answer, refused, failure]);

export interface DeployedBundle {
  /** Relative to the device's root. */
  readonly remote: string;
  readonly sha256: string;
}

/** The folder's beginning: a bundle that is gone, and one of before texts could be classified, are told apart by exit code. */
const START = '[ -d "$1" ] || exit 90; [ -f "$1/agent/classify.py" ] || exit 91; shift; exec "$@"';

/** Asks the bundle's own program on the device. Texts reach it by its standard input and are kept nowhere. */
export async function classifyOnDevice(
  device: DeviceClient,
  bundle: DeployedBundle,
  texts: readonly { readonly text: string; readonly entity?: string }[],
  threads: number,
): Promise<
  Result<{ readonly classifier: Classifier; readonly answers: readonly Classification[] }, StageFailure>
> {
  const { remote, sha256 } = bundle;
  const argv = [
    ...['sh', '-c', START, 'sh', remote, device.python, '-B', `${remote}/agent/classify.py`],
    ...['--bundle', remote, '--sha256', sha256, '--threads', String(threads), ...leaseArguments()],
  ];
  const stdin = texts.map((text) => `${JSON.stringify(text)}\n`).join('');
  const ended = await device.exec(argv, { stdin });
  if (!ended.ok) return err(deviceStageFailure(ended.error));
  const { exitCode, stdout, stderr } = ended.value;
  if (exitCode === 90) return gone('bundle-gone', `${device.name} has the bundle no longer: ${remote}`);
  if (exitCode === 91)
    return gone(
      'bundle-without-tokenizer',
      `${device.name} has a bundle of before texts could be classified`,
    );

  const answers: Classification[] = [];
  let classifier: Classifier | undefined;
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    const said = parse(line);
    if (said === null) {
      return err({
        code: 'agent-protocol',
        message: `the program on ${device.name} said something that is not its protocol: ${line.slice(0, 200)}`,
        hint: 'Deploy again: it may be that of another version.',
      });
    }
    if (said.type === 'failure') {
      return err(agentFailure(device.name, said));
    }
    if (said.type === 'hello') {
      const { type: _, protocol: __, ...rest } = said;
      classifier = rest;
      continue;
    }
    const asked = texts[said.line - 1];
    if (asked === undefined || said.line !== answers.length + 1) break;
    const { type: _, line: __, ...rest } = said;
    answers.push(
      said.type === 'refused'
        ? refusal(asked, said)
        : { ...asked, ...(rest as Omit<typeof said, 'type' | 'line'>) },
    );
  }
  if (exitCode !== 0 || classifier === undefined || answers.length !== texts.length) {
    const tail = stderr.trim().split('\n').slice(-5).join('\n');
    return err({
      code: 'agent-died',
      message: `the program on ${device.name} ended with ${exitCode} after ${answers.length} of ${texts.length} texts: ${tail}`,
    });
  }
  return ok({ classifier, answers });
}

function refusal(
  asked: { readonly text: string; readonly entity?: string },
  { code, message: why }: z.infer<typeof refused>,
): Classification {
  return { ...asked, refused: { code, message: why } };
}

function gone(code: string, what: string): Result<never, StageFailure> {
  return err({ code, message: what, hint: 'Deploy it again.' });
}

function parse(line: string): z.infer<typeof message> | null {
  try {
    return message.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
