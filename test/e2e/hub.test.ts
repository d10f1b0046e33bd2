import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheFolder } from '../../pipeline/cli/installation.js';
import { INSTALLATION, PipelineRig } from '../rig/pipeline-rig.js';

const CHECKPOINT = join(INSTALLATION, 'test/fixtures/checkpoints/mobilebert-pretraining');
const FILES = ['config.json', 'model.safetensors', 'vocab.txt'];
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const TOKEN = 'hf_verysecrettoken';

const PIPELINE = `version: 1
name: hub
axes: { model: [small] }
models: { small: { family: mobilebert, weights: "hf:someone/tiny" } }
stages:
  encoder: { uses: encoder, matrix: [model] }
`;

/** The Hub's answers for one private repository; test/python/hub_rig.py is the stand-in that also fails. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  if (request.headers.authorization !== `Bearer ${TOKEN}`) {
    response.writeHead(401, { 'X-Error-Code': 'RepoNotFound' }).end();
  } else if (path.startsWith('/api/models/someone/tiny/revision/main')) {
    const siblings = FILES.map((rfilename) => ({ rfilename }));
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ id: 'someone/tiny', sha: COMMIT, siblings }));
  } else {
    const content = readFileSync(join(CHECKPOINT, path.split('/').at(-1) ?? ''));
    response.writeHead(200, {
      'X-Repo-Commit': COMMIT,
      ETag: `"${createHash('sha256').update(content).digest('hex')}"`,
      'Content-Length': content.length,
    });
    response.end(request.method === 'HEAD' ? undefined : content);
  }
}

let server: Server;
let endpoint: string;
beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  // The cache is the user's own, since the Python environment is there.
  const host = encodeURIComponent(new URL(endpoint).host);
  rmSync(join(cacheFolder(process.env), 'hub', host), { recursive: true, force: true });
});

// Three starts of the Python worker, each a second on an idle machine.
test('the Hub is reached by declared variables, and the token is nowhere', { timeout: 120_000 }, async () => {
  await using rig = await PipelineRig.create({ pipeline: PIPELINE });
  const closed = await rig.run(['run', 'all', '--json'], { env: { HF_ENDPOINT: endpoint } });
  expect(closed.exitCode).toBe(1);
  expect(closed.stdout).toContain('set HF_TOKEN for a private model');

  const env = { HF_ENDPOINT: endpoint, HF_TOKEN: TOKEN };
  const opened = await rig.run(['run', 'all', '--json'], { env });
  expect(opened.events().at(-1)).toMatchObject({ status: 'succeeded', counts: { ran: 1 } });
  const card = JSON.parse(rig.read('artifacts/out/encoder/model=small/encoder/encoder.json'));
  expect(card).toMatchObject({ commit: COMMIT, pretrained: true });

  const again = await rig.run(['run', 'all', '--json'], { env });
  expect(again.events().at(-1)).toMatchObject({ counts: { ran: 0, reused: 1 } });
  const other = await rig.run(['explain', 'encoder'], { env: { ...env, HF_TOKEN: `${TOKEN}2` } });
  expect(other.stdout).toMatch(/HF_TOKEN/);

  for (const path of readdirSync(rig.path('artifacts'), { recursive: true, withFileTypes: true })) {
    if (!path.isFile()) continue;
    const content = readFileSync(join(path.parentPath, path.name));
    expect(content.includes(TOKEN), join(path.parentPath, path.name)).toBe(false);
  }
});
