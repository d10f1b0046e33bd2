import type { z } from 'zod';
import type { ExecutorConfig, RetryConfig } from '../contract/config.js';
import type { StageNeeds } from '../contract/needs.js';
import { executorSchema, type needsSchema, retriesSchema } from './execution-schema.js';
import { type Node, toPlain } from './node.js';

/** A count of 0 is the same as no `retries` at all. */
export function retriesOf(given: z.output<typeof retriesSchema> | undefined): RetryConfig | undefined {
  const retries = typeof given === 'number' ? retriesSchema.parse({ count: given }) : given;
  if (retries === undefined || typeof retries === 'number' || retries.count === 0) return undefined;
  return { count: retries.count, backoffSeconds: retries.backoff, on: [...new Set(retries.on)] };
}

export function needsOf(given: z.output<typeof needsSchema> | undefined): Partial<StageNeeds> | undefined {
  if (given === undefined) return undefined;
  const { cpu, gpu, memory, mutex } = given;
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(gpu === undefined ? {} : { gpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(mutex === undefined ? {} : { mutex: typeof mutex === 'string' ? [mutex] : [...new Set(mutex)] }),
  };
}

/** Keys that do not belong to the kind were reported, so what is left is the kind's own. */
export function executorOf(name: string, node: Node): ExecutorConfig {
  const { kind, host = '', ...given } = executorSchema.parse(toPlain(node));
  const rest = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  switch (kind) {
    case 'local':
      return { name, kind };
    case 'ssh':
      return { name, kind, host, ...rest };
    case 'slurm':
      return { name, kind, ...rest };
  }
}
