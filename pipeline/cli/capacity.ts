import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { Capacity } from '../schedule/scheduler.js';

/** One folder for each NVIDIA processor that the driver serves. */
const NVIDIA_PROCESSORS = '/proc/driver/nvidia/gpus';

/** How many can be counted; 0 where the driver does not say. */
export function graphicsProcessors(): number {
  return existsSync(NVIDIA_PROCESSORS) ? readdirSync(NVIDIA_PROCESSORS).length : 0;
}

/** What this machine, or the container that we are in, has to give to workers. */
export function machineCapacity(): Capacity {
  const processors = graphicsProcessors();
  const limit = process.constrainedMemory();
  return {
    cpu: availableParallelism(),
    // Of graphics processors that cannot be counted there may be one: two workers on it would starve each other.
    gpu: Math.max(1, processors),
    // Without a limit the system gives 0, or a number beyond any memory.
    memory: limit > 0 ? Math.min(limit, totalmem()) : totalmem(),
  };
}
