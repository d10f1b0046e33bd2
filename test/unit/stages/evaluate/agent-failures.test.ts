import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceConfig } from '../../../../pipeline/contract/config.js';
import { AGENT_PROTOCOL } from '../../../../pipeline/measure/messages.js';
import { run as evaluate } from '../../../../stages/evaluate/worker.js';
import { noPython, PROTOCOL, workbench } from './workbench.js';

const { deployed, evaluation, prepare, remove } = workbench();
const local: DeviceConfig = { name: 'local', transport: 'local', threads: 1 };

const title = `an agent that does not measure${noPython === null ? '' : ` (skipped: ${noPython})`}`;
describe.skipIf(noPython !== null)(title, { timeout: 180_000 }, () => {
  beforeAll(prepare, 90_000);
  afterAll(remove);

  it('ends the agent when it is told to stop', async () => {
    const from = await deployed(local, 'deploy-stopped');
    const long = { protocol: { ...PROTOCOL, before_s: 300 } };
    const { context, said, controller } = evaluation(local, 'evaluate-stopped', from, long);
    const running = evaluate(context);
    while (said.phases.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    expect(await running).toMatchObject({ ok: false, error: { code: 'aborted' } });
  });

  it('says that the device cannot be reached', async () => {
    const gone: DeviceConfig = {
      ...local,
      name: 'gone',
      transport: 'ssh',
      host: 'nobody@127.0.0.1',
      port: 1,
    };
    const result = await deployed(gone, 'deploy-gone');
    expect(result.result).toMatchObject({ ok: false, error: { code: 'device-unreachable' } });
  });

  it.each([
    [
      'prints rubbish',
      'print("Segmentation fault? No.")',
      'agent-protocol',
      'not its protocol: Segmentation',
    ],
    ['is of another version', 'hello["protocol"] = 99; say(hello)', 'agent-protocol', 'speaks protocol 99'],
    [
      'does not say hello',
      'say({"type": "progress", "done": 1, "unit": "tweets"})',
      'agent-protocol',
      'in place of hello',
    ],
    ['ends early', 'say(hello); raise SystemExit(3)', 'agent-died', 'ended with 3'],
    ['ends without a result', 'say(hello)', 'agent-died', 'ended with 0'],
    [
      'fails',
      'say({"type": "failure", "code": "some-code", "message": "words"})',
      'some-code',
      'local: words',
    ],
  ])('says when the agent %s', async (what, code, expected, words) => {
    const from = await deployed(local, `deploy-agent-${what}`);
    const hello = `{"type":"hello","protocol":${AGENT_PROTOCOL},"runtime":{"litert":"2","threads":1},"emulated":False}`;
    const script = `import json\nhello = ${hello}\ndef say(m): print(json.dumps(m), flush=True)\n${code}\n`;
    writeFileSync(join(from.bundle, 'agent/agent.py'), script);
    const { context } = evaluation(local, `evaluate-agent-${what}`, from);
    const result = await evaluate(context);
    expect(result).toMatchObject({
      ok: false,
      error: { code: expected, message: expect.stringContaining(words) },
    });
  });
});
