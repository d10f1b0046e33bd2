import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ok } from '../../../pipeline/base/result.js';
import {
  summarizeTelemetry,
  TELEMETRY_SUMMARY,
  type TelemetrySummary,
} from '../../../pipeline/base/telemetry-summary.js';
import type { JobInput } from '../../../pipeline/contract/worker.js';
import { powerLine } from './energy.js';
import { type Read, readDocument, readLines } from './file.js';
import { count, real, telemetrySample } from './inputs.js';

const curve = z.object({ samples: count, points: z.array(z.tuple([z.number(), real])) });

const summaryDocument = z.object({
  phases: z.array(
    z.object({
      ...{ name: z.string(), from_s: real, to_s: real, samples: count },
      ...{ cpu_system: real, cpu_process: real, memory_used: real, rss: real },
      temperature: z.number().nullable(),
      frequency: z.number().nullable(),
      power: z.number().nullable(),
    }),
  ),
  ...{ cpu_system: curve, cpu_process: curve, rss: curve, memory_used: curve.nullable() },
  ...{ temperature: curve.nullable(), frequency: curve.nullable(), power: curve.nullable() },
});

/**
 * What is shown of an evaluation's samples. The stage that measured has read and checked each of them and left a summary;
 * where an earlier version left none, they are read and checked here.
 */
export async function readTelemetry(
  input: JobInput,
  cpuCount: number,
  signal: AbortSignal,
): Read<TelemetrySummary> {
  const summary = join(input.path, TELEMETRY_SUMMARY);
  if (existsSync(summary)) return await readDocument(summaryDocument, input, summary);
  const samples = await readLines(input, 'telemetry.jsonl', telemetrySample, signal);
  if (!samples.ok) return samples;
  const hasPower = existsSync(join(input.path, 'power.jsonl'));
  const power = hasPower ? await readLines(input, 'power.jsonl', powerLine, signal) : ok([]);
  return power.ok ? ok(summarizeTelemetry(samples.value, power.value, cpuCount)) : power;
}
