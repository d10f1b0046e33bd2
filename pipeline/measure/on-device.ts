import { err, type Result } from '../base/result.js';
import type { DeviceClient } from '../contract/device.js';
import type { StageContext, StageFailure, StageSummary } from '../contract/worker.js';
import { deviceStageFailure } from './device-failure.js';

/** Connects to the stage's device for the time of a piece of work. */
export async function onDevice(
  context: StageContext,
  work: (context: StageContext, device: DeviceClient) => Promise<Result<StageSummary, StageFailure>>,
): Promise<Result<StageSummary, StageFailure>> {
  const connection = await context.connect();
  if (!connection.ok) return err(deviceStageFailure(connection.error));
  const device = connection.value;
  try {
    return await work(context, device);
  } finally {
    await device.close();
  }
}
