import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { tryLock } from '../../base/lock.js';
import { err, ok, type Result } from '../../base/result.js';
import type { ClassificationReport } from '../../contract/classification.js';
import type { DeviceConfig } from '../../contract/config.js';
import { openDevice } from '../../devices/open-device.js';
import { ensureEnvironment } from '../../execute/python-environment.js';
import { classifyOnDevice } from '../../measure/classify.js';
import { classificationLines } from '../../ui/classification.js';
import { failureMessage } from '../../ui/messages.js';
import { borrowsPython, deviceLock } from '../boards.js';
import { chooseDeployment, type Deployment, deploymentsTo } from '../deployments.js';
import { EXIT } from '../exit-codes.js';
import { cacheFolder, pythonOptions } from '../installation.js';
import { complain, openOrExplain } from '../prepare.js';
import type { Project, ProjectOptions } from '../project.js';

export interface ClassifyOptions extends ProjectOptions {
  readonly device: string;
  readonly entity?: string;
  readonly deployment?: string;
  readonly json: boolean;
}

interface AskedText {
  readonly text: string;
  readonly entity?: string;
}

/** `pipeline classify`: asks the model that was deployed to a device about texts. Deploys nothing and fetches nothing. */
export async function classify(given: readonly string[], options: ClassifyOptions): Promise<number> {
  const opened = openOrExplain(options);
  if (!opened.ok) return opened.error;
  const project = opened.value;
  const { devices } = project.config;
  const device = Object.hasOwn(devices, options.device) ? devices[options.device] : undefined;
  if (device === undefined) {
    const known = Object.keys(devices).sort().join(', ') || 'none';
    return complain(
      `there is no device named '${options.device}'`,
      `known devices: ${known}; add it under devices: in pipeline.yaml`,
    );
  }
  const deployments = deploymentsTo(project.layout, device.name);
  if (deployments.length === 0)
    return complain(`nothing was deployed to ${device.name} yet`, howToDeploy(project, device.name));
  const chosen = chooseDeployment(deployments, options.deployment);
  if (!chosen.ok) return complain(chosen.error.message, chosen.error.hint);
  const texts = await textsOf(given, options.entity);
  if (!texts.ok)
    return complain(texts.error, 'give it in quotes, or "-" to read one text a line from standard input');
  return ask(project, device, chosen.value, texts.value, options.json);
}

async function textsOf(
  given: readonly string[],
  entity: string | undefined,
): Promise<Result<readonly AskedText[], string>> {
  const fromStandardInput = given.length === 1 && given[0] === '-';
  const texts = fromStandardInput
    ? (await readAll(process.stdin)).replace(/\r?\n$/, '').split(/\r?\n/)
    : given;
  if (texts.every((text) => text.trim() === '')) {
    return err(fromStandardInput ? 'standard input has no text' : 'the text is empty');
  }
  return ok(texts.map((text) => ({ text, ...(entity === undefined ? {} : { entity }) })));
}

function howToDeploy({ graph, config }: Project, device: string): string {
  const stages = graph.instances.filter(({ definition }) => definition.id === 'deploy');
  const stage = stages[0]?.stage.name;
  if (stage === undefined) return 'this profile has no deploy stage; add one to stages: in pipeline.yaml';
  const planned = stages.some(({ coordinates }) => coordinates.device === device);
  const axis = 'device' in config.axes ? ` --set 'axes.device=[${device}]'` : '';
  return planned
    ? `deploy with: npx pipeline run '${stage}@device=${device}'`
    : `deploy with: npx pipeline run ${stage}${axis}`;
}

async function ask(
  project: Project,
  device: DeviceConfig,
  deployment: Deployment,
  texts: readonly AskedText[],
  json: boolean,
): Promise<number> {
  const python = await hostPython(project, device);
  if (!python.ok) return python.error;
  const lock = tryLock(deviceLock(device), 'classify');
  if (lock === null) {
    return complain(
      `a run works on ${device.name}, and an inference beside it could be in its measurement`,
      'try again when it has ended: npx pipeline status',
      EXIT.failed,
    );
  }
  try {
    const localRoot = join(cacheFolder(process.env), 'devices');
    const connected = await openDevice(device, { localRoot, python: python.value });
    if (!connected.ok) return complain(connected.error.message, connected.error.hint ?? '', EXIT.failed);
    const client = connected.value;
    try {
      const asked = await classifyOnDevice(client, deployment, texts, device.threads);
      if (!asked.ok) {
        const { code, message, hint } = asked.error;
        return complain(`${message} [${code}]`, hintFor(code, hint, deployment), EXIT.failed);
      }
      const { id, at, sha256 } = deployment;
      print(
        {
          schema: 1,
          device: device.name,
          transport: device.transport,
          deployment: id,
          deployed_at: at,
          bundle_sha256: sha256,
          ...asked.value,
        },
        json,
      );
      return asked.value.answers.some((answer) => 'refused' in answer) ? EXIT.failed : EXIT.ok;
    } finally {
      await client.close();
    }
  } finally {
    lock.release();
  }
}

async function hostPython(project: Project, device: DeviceConfig): Promise<Result<string, number>> {
  if (!borrowsPython(device)) return ok('');
  const environment = await ensureEnvironment(
    pythonOptions(project.installation, process.env),
    (message) => process.stderr.write(`python: ${message}\n`),
    new AbortController().signal,
  );
  if (environment.ok) return ok(environment.value.python);
  const { text, hint } = failureMessage(environment.error, 'setup');
  return err(complain(text, hint ?? '', EXIT.failed));
}

/** The record says that all is deployed, so a run alone would find nothing to do. */
function hintFor(code: string, hint: string | undefined, { id }: Deployment): string {
  if (code.startsWith('bundle-')) return `deploy it again: npx pipeline run '${id}' --force '${id}'`;
  return hint ?? '';
}

function print(report: ClassificationReport, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.stdout.write(`${classificationLines(report, process.stdout.columns || 100).join('\n')}\n`);
}
