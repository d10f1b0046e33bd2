import { writeFileAtomically } from '../../pipeline/base/atomic-write.js';
import { canonicalJson, type Json } from '../../pipeline/base/canonical.js';
import { err, ok } from '../../pipeline/base/result.js';
import type { DeviceFailure } from '../../pipeline/contract/device.js';
import type { StageFailure, StageWorker } from '../../pipeline/contract/worker.js';
import { makeBundle } from './make-bundle.js';

/** Of these not even the oldest is removed from a device. */
const KEPT_BUNDLES = 5;

export const run: StageWorker = async ({ job, connect, log, progress }) => {
  const model = job.inputs.tflite?.[0];
  const test = job.inputs.test?.[0];
  const { bundle: folder, receipt } = job.outputs;
  if (model === undefined || test === undefined || folder === undefined || receipt === undefined) {
    throw new Error(`Internal error: ${job.instance} lacks an input or an output`);
  }
  const bundle = await makeBundle(folder, model.path, test.path, job.inputs.cleaning?.[0]?.path);

  const connection = await connect();
  if (!connection.ok) return err(stageFailure(connection.error));
  const device = connection.value;
  try {
    const probe = await device.probe();
    if (!probe.ok) return err(stageFailure(probe.error));
    progress(0, bundle.bytes, 'bytes', `to ${device.name}`);
    const remote = `bundles/${bundle.sha256}`;
    const pushed = await device.push(folder, remote);
    if (!pushed.ok) return err(stageFailure(pushed.error));
    progress(bundle.bytes, bundle.bytes, 'bytes', `to ${device.name}`);
    const { sentBytes, totalBytes, seconds } = pushed.value;
    // What is kept too long costs a memory card's space, nothing more: the deployment stands.
    const old = await device.collect('bundles', KEPT_BUNDLES);
    if (!old.ok) log('warning', `old bundles stay on ${device.name}: ${old.error.message}`);
    else if (old.value.removed.length > 0) {
      log(
        'info',
        `${old.value.removed.length} bundles of ${device.name} were not used for 30 days and are gone`,
      );
    }
    if (sentBytes === 0) log('info', `${device.name} had the bundle already; its digests are right`);
    const deployment: Json = {
      schema: 1,
      device: device.name,
      transport: device.transport,
      remote,
      bundle_sha256: bundle.sha256,
      sent_bytes: sentBytes,
      total_bytes: totalBytes,
      seconds: Math.round(seconds * 1000) / 1000,
      probe: { ...probe.value },
    };
    writeFileAtomically(receipt, `${canonicalJson(deployment)}\n`);
    return ok({ device: device.name, sent_bytes: sentBytes, total_bytes: totalBytes });
  } finally {
    await device.close();
  }
};

function stageFailure({ reason, message, hint }: DeviceFailure): StageFailure {
  return { code: `device-${reason}`, message, ...(hint === undefined ? {} : { hint }) };
}
