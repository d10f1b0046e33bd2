import { z } from 'zod';

const number = z.number();
const uncertain = z.object({ value: number, u_k2: number });

/** The member `energy` of evaluation.json, in the parts that are shown. */
export const energyDocument = z.object({
  meter: z.string(),
  power_class: z.enum(['measured_inline', 'partial', 'modelled', 'none']),
  emulated: z.boolean(),
  calibrated: z.boolean(),
  verdict: z.enum(['valid', 'invalid']),
  findings: z.array(z.object({ gate: z.string(), message: z.string() })),
  measured_s: number,
  needed_s: number,
  short: z.boolean(),
  inferences: z.int().nonnegative(),
  gross_j_per_inference: uncertain.nullable(),
  net_j_per_inference: uncertain.nullable(),
  inferences_per_joule: uncertain.nullable(),
  mean_w: uncertain.nullable(),
  idle_w: uncertain.nullable(),
  total: z
    .object({
      resolvable_w: number,
      dropped_share: number,
      gross_j: uncertain,
      budget: z.array(z.object({ name: z.string(), gross_j: number, source: z.string() })),
    })
    .nullable(),
  windows: z.array(
    z.object({
      window: z.int(),
      inferences: z.int(),
      gross_j_per_inference: uncertain,
      net_j_per_inference: uncertain.nullable(),
    }),
  ),
});

/** One line of power.jsonl: mean power of a tenth of a second, on the clock of the telemetry. */
export const powerLine = z.object({ t_s: number, power_w: number });
