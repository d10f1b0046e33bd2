import { quoteForShell } from '../../../pipeline/base/shell-quote.js';
import type { JobHistory } from '../../../pipeline/contract/worker.js';
import type { MadeBy, Provenance } from '../model/provenance.js';
import { byAll, compareNaturally } from '../order.js';
import type { ReportInputs, Source } from '../read/inputs.js';

/** Everything that the report was made from: what was measured first, the data last. */
export function buildProvenance(inputs: ReportInputs): Provenance[] {
  const { baselines } = inputs;
  const lists: readonly (readonly { readonly source: Source }[])[] = [
    inputs.evaluations,
    inputs.deployments,
    inputs.conversions,
    inputs.exports,
    inputs.training,
    inputs.validation,
    inputs.encode,
    // One for each classifier of the same instance.
    baselines.filter(
      ({ source }, at) => baselines.findIndex((one) => one.source.digest === source.digest) === at,
    ),
    inputs.split,
    inputs.clean,
    inputs.hydration,
    inputs.fetch,
  ];
  const options = optionsOf(inputs);
  const made = new Map(inputs.history.map((one) => [one.key, one]));
  return lists.flatMap((list) =>
    list
      .map(({ source: { instance, artifact, key, digest } }) => ({
        instance,
        artifact,
        key,
        digest,
        // No shell takes a NUL, which a name may hold.
        command: `npx pipeline run ${quoteForShell(instance.replaceAll('\0', '\ufffd'))}${options}`,
        record: recordOf(made.get(key)),
      }))
      .sort(
        byAll(
          (a, b) => compareNaturally(a.instance, b.instance),
          (a, b) => compareNaturally(a.digest, b.digest),
        ),
      ),
  );
}

function optionsOf({ call, profile }: ReportInputs): string {
  if (call !== null) return call.options === '' ? '' : ` ${call.options}`;
  return profile.length === 0 ? '' : ` --profile ${quoteForShell(profile.join(','))}`;
}

function recordOf(made: JobHistory | undefined): MadeBy | null {
  if (made === undefined) return null;
  const { run, started_at, host, executor, device, accepted, made_from } = made;
  const { inputs, external, environment } = made_from;
  return {
    run,
    started_at,
    host,
    executor,
    device,
    accepted,
    inputs: inputs.map(({ name, instance, output, digest }) => ({ name, instance, output, digest })),
    external,
    // What a variable of the environment holds is its owner's affair.
    environment: Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('env '))),
  };
}
