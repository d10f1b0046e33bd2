import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceClient } from '../../../pipeline/contract/device.js';
import { openDevice } from '../../../pipeline/devices/open-device.js';
import { classifyOnDevice } from '../../../pipeline/measure/classify.js';
import { AGENT_PROTOCOL } from '../../../pipeline/measure/messages.js';

const HELLO = {
  type: 'hello',
  protocol: AGENT_PROTOCOL,
  runtime: { litert: '2.3.0', tokenizers: '0.22', threads: 1, delegate: 'xnnpack' },
  emulated: false,
  labels: ['a', 'b'],
  input: 'tweet',
  max_length: 8,
  fixed_length: null,
  cleaning: null,
  model_sha256: 'f'.repeat(64),
  load_ms: 1,
};
const ANSWER = {
  type: 'answer',
  line: 1,
  cleaned: 'x',
  label: 'a',
  probability: 0.9,
  probabilities: { a: 0.9, b: 0.1 },
  logits: [2, 0],
  tokens: 3,
  tokens_cut: 0,
  latency_ms: 1,
  tokenize_ms: 1,
};
const TEXTS = [{ text: 'x' }, { text: 'y' }];
let folder: string;
let device: DeviceClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-classify-'));
  const opened = await openDevice(
    { name: 'here', transport: 'local', threads: 1 },
    { localRoot: folder, python: 'python3' },
  );
  if (!opened.ok) throw new Error(opened.error.message);
  device = opened.value;
});
afterAll(async () => {
  await device.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A bundle on a real local device whose program says these lines and ends with that code. */
async function ask(name: string, said: readonly unknown[], code = 0) {
  const agent = join(folder, 'here', name, 'agent');
  mkdirSync(agent, { recursive: true });
  const lines = said.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const program = [
    'import sys',
    'sys.stdin.read()',
    'print("on stderr", file=sys.stderr)',
    ...lines.map((line) => `print(${JSON.stringify(line)})`),
    `sys.exit(${code})`,
  ];
  writeFileSync(join(agent, 'classify.py'), `${program.join('\n')}\n`);
  return classifyOnDevice(device, { remote: name, sha256: '0'.repeat(64) }, TEXTS, 1);
}

describe('classifyOnDevice', () => {
  it('puts each answer to its text, refusals too', async () => {
    const refused = { type: 'refused', line: 2, code: 'empty-text', message: 'the text is empty' };
    const { type: _, line: __, ...answer } = ANSWER;
    const { type: ___, protocol: ____, ...classifier } = HELLO;
    expect(await ask('right', [HELLO, ANSWER, refused])).toEqual({
      ok: true,
      value: {
        classifier,
        answers: [
          { text: 'x', ...answer },
          { text: 'y', refused: { code: 'empty-text', message: 'the text is empty' } },
        ],
      },
    });
  });

  it.each([
    ['garbage', [HELLO, 'Segmentation fault'], 0, 'agent-protocol', 'Segmentation fault'],
    [
      'newer',
      [{ ...HELLO, protocol: AGENT_PROTOCOL + 1 }],
      0,
      'agent-protocol',
      `"protocol":${AGENT_PROTOCOL + 1}`,
    ],
    ['half', [HELLO, ANSWER], 0, 'agent-died', 'after 1 of 2 texts: on stderr'],
    ['swapped', [HELLO, { ...ANSWER, line: 2 }, ANSWER], 0, 'agent-died', 'after 0 of 2 texts'],
    ['silent', [], 3, 'agent-died', 'ended with 3 after 0 of 2 texts: on stderr'],
    ['mute', [ANSWER, { ...ANSWER, line: 2 }], 0, 'agent-died', 'after 2 of 2 texts'],
  ])('a program that is %s', async (name, said, code, expected, words) => {
    const result = await ask(name, said, code);
    expect(result).toMatchObject({
      ok: false,
      error: { code: expected, message: expect.stringContaining(words) },
    });
  });

  it('passes on why the program could not begin', async () => {
    const failure = {
      type: 'failure',
      code: 'device-unusable',
      message: 'no tokenizers',
      hint: 'Install it',
    };
    expect(await ask('unusable', [failure], 1)).toEqual({
      ok: false,
      error: { code: 'device-unusable', message: 'here: no tokenizers', hint: 'Install it' },
    });
  });

  it('tells a bundle that is gone from one of before', async () => {
    mkdirSync(join(folder, 'here', 'old', 'agent'), { recursive: true });
    const bundle = (remote: string) => classifyOnDevice(device, { remote, sha256: '0'.repeat(64) }, TEXTS, 1);
    expect(await bundle('bundles/none')).toMatchObject({ error: { code: 'bundle-gone' } });
    expect(await bundle('old')).toMatchObject({ error: { code: 'bundle-without-tokenizer' } });
  });
});
