import { z } from 'zod';

const positive = z.number().positive();
const share = z.number().min(0).max(1);
const percent = z.number().min(0).max(100);
const bits = z.number().int().min(1).max(64).describe('Bits of a stored weight.');

const board = z.strictObject({
  device: z.string().min(1).describe('Name that the rows of table4 use.'),
  printed_name: z.string().optional(),
  soc: z.string().describe('Boards with the same one differ in their clock alone.'),
  clock_ghz: positive,
  ram_gb: positive.optional(),
  supply_v: positive.optional().describe('Rated voltage of its power supply, volts.'),
  supply_a: positive.optional().describe('Rated current of its power supply, amperes.'),
});

const scores = z.strictObject({
  bits,
  accuracy_mean: share,
  accuracy_pm: share.optional().describe('What stands behind the ± of the mean.'),
  accuracy_max: share.optional(),
  f_mean: share,
  f_pm: share.optional().describe('What stands behind the ± of the mean.'),
  f_max: share.optional(),
});

const measurement = z.strictObject({
  device: z.string().min(1).describe('A device of table2_devices.'),
  printed_name: z.string().optional(),
  bits,
  power_kw_as_printed: positive.optional().describe('The power column, under the unit that was printed.'),
  time_s: positive.optional().describe('Seconds for the whole test set.'),
  power_per_inference_w_as_printed: positive.optional(),
  time_per_inference_s: positive.optional(),
  flops_per_s: positive.optional(),
  accuracy: share.optional(),
  f_score: share.optional(),
  cpu_percent: percent.optional(),
  memory_percent: percent.optional(),
  si: positive.optional().describe('The index that equations.SI defines, as printed.'),
  mpi: positive.optional().describe('The index that equations.MPI defines, as printed.'),
  rer: positive.optional().describe('The index that equations.RER defines, as printed.'),
});

/** A study's tables as data: what was printed, in the units that were printed. Documented in docs/guide/audit.md. */
export const tablesSchema = z
  .strictObject({
    source: z.string().min(1).describe('Where the numbers were published.'),
    inferences: z.number().int().positive().optional().describe('Size of the test set, where it is told.'),
    model: z.string().optional().describe('The model that table4 measured, by the name of a preset of ours.'),
    table2_devices: z.array(board),
    table3: z.array(scores).optional(),
    table4: z.array(measurement).min(1),
    model_sizes_mb_as_printed: z
      .record(z.string(), positive)
      .optional()
      .describe('Megabytes by MODEL_FORMAT or tflite_BITS.'),
    training: z
      .strictObject({
        learning_rate: positive.optional(),
        batch_size: z.number().int().positive().optional(),
        seeds: z.number().int().positive().optional(),
        classes: z.number().int().positive().optional(),
      })
      .optional(),
    claims: z
      .record(z.string(), z.union([z.number(), z.string(), z.record(z.string(), z.number())]))
      .optional()
      .describe('What the text says, by names that docs/guide/audit.md lists.'),
    equations: z
      .record(z.string(), z.string())
      .optional()
      .describe('Formulas as printed, for example "A / (B * C)".'),
  })
  .superRefine(({ table2_devices: boards, table4 }, context) => {
    table4.forEach(({ device }, index) => {
      if (boards.some((one) => one.device === device)) return;
      const known = boards.map((one) => one.device).join(', ');
      context.addIssue({
        code: 'custom',
        path: ['table4', index, 'device'],
        message: `table2_devices has ${known}`,
      });
    });
  });

export type Tables = z.infer<typeof tablesSchema>;
