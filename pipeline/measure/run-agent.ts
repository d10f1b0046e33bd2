import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from '../base/result.js';
import type { CommandResult, DeviceClient } from '../contract/device.js';
import type { StageContext, StageFailure } from '../contract/worker.js';
import { agentFailure } from './agent-failure.js';
import { deviceStageFailure } from './device-failure.js';
import {
  AGENT_PROTOCOL,
  type AgentMessage,
  agentMessage,
  type HelloMessage,
  type ResultMessage,
} from './messages.js';

/** What of the context an agent's run needs. */
export type AgentContext = Pick<StageContext, 'signal' | 'progress' | 'log'>;

export interface AgentReport {
  /** The connection over which it was heard last. */
  readonly device: DeviceClient;
  readonly hello: HelloMessage;
  readonly result: ResultMessage;
}

/** Reads an agent's lines one by one and remembers what they come to. */
class Conversation {
  problem: string | undefined;
  hello: HelloMessage | undefined;
  last: AgentMessage | undefined;
  /** Lines so far. */
  lines = 0;
  readonly #context: AgentContext;
  readonly #stop: () => void;

  /** @param stop called at the first problem: what is said afterwards could not be trusted */
  constructor(context: AgentContext, stop: () => void) {
    this.#context = context;
    this.#stop = stop;
  }

  take(line: string): void {
    if (this.problem !== undefined) return;
    this.lines += 1;
    const message = parse(line);
    this.problem = this.#problemOf(line, message);
    if (this.problem !== undefined || message === null) {
      this.#stop();
      return;
    }
    if (message.type === 'hello') this.hello = message;
    else if (message.type === 'progress') {
      this.#context.progress(message.done, message.total, message.unit, message.phase);
    } else if (message.type === 'log') this.#context.log(message.level, message.message);
    this.last = message;
  }

  #problemOf(line: string, message: AgentMessage | null): string | undefined {
    const said = line.slice(0, 200);
    if (message === null) return `the agent said something that is not its protocol: ${said}`;
    if (this.last?.type === 'result') return `the agent went on after its result: ${said}`;
    if (message.type === 'hello' && message.protocol !== AGENT_PROTOCOL)
      return `the agent speaks protocol ${message.protocol}, this Edgeline ${AGENT_PROTOCOL}`;
    if (message.type !== 'hello' && message.type !== 'failure' && this.hello === undefined)
      return `the agent began with ${message.type} in place of hello`;
    return undefined;
  }

  /** What it all came to, once the agent has ended. */
  outcome(
    device: DeviceClient,
    aborted: boolean,
    { exitCode, stderr }: CommandResult,
  ): Result<AgentReport, StageFailure> {
    const { problem, hello, last } = this;
    if (problem !== undefined) return err({ code: 'agent-protocol', message: problem });
    if (aborted) return err({ code: 'aborted', message: 'the measurement was stopped' });
    if (last?.type === 'failure') {
      return err(agentFailure(device.name, last));
    }
    if (exitCode !== 0 || hello === undefined || last?.type !== 'result') {
      const said = stderr.trim().split('\n').slice(-5).join('\n');
      const message = `the agent on ${device.name} ended with ${exitCode}: ${said}`;
      return err({ code: 'agent-died', message });
    }
    return ok({ device, hello, result: last });
  }
}

/** Runs the agent of a bundle on the device and passes on what it says until it has ended. It ends with the connection. */
export async function runAgent(
  device: DeviceClient,
  bundle: string,
  args: readonly string[],
  context: AgentContext,
): Promise<Result<AgentReport, StageFailure>> {
  const stop = new AbortController();
  const conversation = new Conversation(context, () => stop.abort());
  const argv = [device.python, '-B', `${bundle}/agent/agent.py`, ...args, '--stop-when-stdin-closes'];
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const ended = await device.stream(argv, (line) => conversation.take(line), { signal });
  if (!ended.ok) return err(deviceStageFailure(ended.error));
  return conversation.outcome(device, context.signal.aborted, ended.value);
}

/** How long a device may be out of reach before a measurement on it is given up. */
const PATIENCE_SECONDS = 3600;
const LONGEST_WAIT_SECONDS = 30;

/**
 * As `runAgent`, with an agent that outlives the connection: after a lost link it is found again and read on from the
 * line that was read last. The report's `device` is the connection that is alive at the end.
 *
 * @param results the folder that the agent writes into, there
 */
export async function runDetachedAgent(
  device: DeviceClient,
  bundle: string,
  results: string,
  args: readonly string[],
  context: AgentContext & Pick<StageContext, 'connect'>,
  patienceSeconds = PATIENCE_SECONDS,
): Promise<Result<AgentReport, StageFailure>> {
  const stop = new AbortController();
  const conversation = new Conversation(context, () => stop.abort());
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const follow = (client: DeviceClient) => [
    client.python,
    '-B',
    `${bundle}/agent/follow.py`,
    '--out',
    results,
  ];
  let client = device;
  for (;;) {
    const argv = [...follow(client), '--from', String(conversation.lines), '--', ...args];
    const ended = await client.stream(argv, (line) => conversation.take(line), { signal });
    if (signal.aborted) {
      await client.exec([...follow(client), '--stop'], { timeoutSeconds: 60 });
      return conversation.outcome(client, context.signal.aborted, { exitCode: 1, stdout: '', stderr: '' });
    }
    if (ended.ok) return conversation.outcome(client, false, ended.value);
    if (ended.error.reason !== 'lost') return err(deviceStageFailure(ended.error));
    context.log('warning', `the link to ${device.name} was lost; it goes on measuring, and is asked again`);
    const again = await reconnect(client, context, signal, patienceSeconds);
    if (!again.ok) return again;
    client = again.value;
    context.log('info', `${device.name} is back`);
  }
}

async function reconnect(
  lost: DeviceClient,
  context: Pick<StageContext, 'connect' | 'progress'>,
  signal: AbortSignal,
  patienceSeconds: number,
): Promise<Result<DeviceClient, StageFailure>> {
  await lost.close();
  const start = performance.now();
  for (let wait = 1; ; wait = Math.min(2 * wait, LONGEST_WAIT_SECONDS)) {
    const connection = await context.connect();
    if (connection.ok) return connection;
    const waited = (performance.now() - start) / 1000;
    const { reason } = connection.error;
    if ((reason !== 'unreachable' && reason !== 'lost') || waited + wait > patienceSeconds)
      return err(deviceStageFailure(connection.error));
    context.progress(Math.round(waited), undefined, 'seconds', `waiting for ${lost.name} to come back`);
    await pause(wait * 1000, signal);
    if (signal.aborted) return err({ code: 'aborted', message: 'the measurement was stopped' });
  }
}

/** Ends early when the signal does. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

function parse(line: string): AgentMessage | null {
  try {
    return agentMessage.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
