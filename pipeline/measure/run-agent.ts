import { err, ok, type Result } from '../base/result.js';
import type { DeviceClient } from '../contract/device.js';
import type { StageContext, StageFailure } from '../contract/worker.js';
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
  readonly hello: HelloMessage;
  readonly result: ResultMessage;
}

/** Runs the agent of a bundle on the device and passes on what it says until it has ended. */
export async function runAgent(
  device: DeviceClient,
  bundle: string,
  args: readonly string[],
  context: AgentContext,
): Promise<Result<AgentReport, StageFailure>> {
  // A problem ends the agent: what it would say afterwards could not be trusted.
  const stop = new AbortController();
  let problem: string | undefined;
  let hello: HelloMessage | undefined;
  let last: AgentMessage | undefined;
  const onLine = (line: string) => {
    if (problem !== undefined) return;
    const message = parse(line);
    if (message === null)
      problem = `the agent said something that is not its protocol: ${line.slice(0, 200)}`;
    else if (last?.type === 'result') problem = `the agent went on after its result: ${line.slice(0, 200)}`;
    else if (message.type === 'hello' && message.protocol !== AGENT_PROTOCOL) {
      problem = `the agent speaks protocol ${message.protocol}, this Edgeline ${AGENT_PROTOCOL}`;
    } else if (message.type !== 'hello' && message.type !== 'failure' && hello === undefined) {
      problem = `the agent began with ${message.type} in place of hello`;
    }
    if (problem !== undefined || message === null) return stop.abort();
    if (message.type === 'hello') hello = message;
    else if (message.type === 'progress') {
      context.progress(message.done, message.total, message.unit, message.phase);
    } else if (message.type === 'log') context.log(message.level, message.message);
    last = message;
  };
  const argv = [device.python, '-B', `${bundle}/agent/agent.py`, ...args];
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const ended = await device.stream(argv, onLine, { signal });
  if (!ended.ok) return err(deviceStageFailure(ended.error));
  if (problem !== undefined) return err({ code: 'agent-protocol', message: problem });
  if (context.signal.aborted) return err({ code: 'aborted', message: 'the measurement was stopped' });
  if (last?.type === 'failure') {
    const { code, message, hint } = last;
    return err({ code, message: `${device.name}: ${message}`, ...(hint === undefined ? {} : { hint }) });
  }
  const { exitCode, stderr } = ended.value;
  if (exitCode !== 0 || hello === undefined || last?.type !== 'result') {
    const said = stderr.trim().split('\n').slice(-5).join('\n');
    return err({
      code: 'agent-died',
      message: `the agent on ${device.name} ended with ${exitCode}: ${said}`,
    });
  }
  return ok({ hello, result: last });
}

function parse(line: string): AgentMessage | null {
  try {
    return agentMessage.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
