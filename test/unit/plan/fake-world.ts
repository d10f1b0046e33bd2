import { type Digest, digestOf } from '../../../pipeline/base/canonical.js';
import { ok } from '../../../pipeline/base/result.js';
import type { Instance, ListedFile, OutputPresence, PlanFacts } from '../../../pipeline/contract/plan.js';
import type { RunRecord } from '../../../pipeline/contract/store.js';
import { actionKey, keyDocument } from '../../../pipeline/plan/key.js';

/** A world in memory: what was recorded, what code there is, which outputs are in place. */
export class World {
  readonly records = new Map<Digest, RunRecord>();
  readonly last = new Map<string, RunRecord>();
  readonly presences = new Map<string, OutputPresence>();
  /** Keys at which an attempt was cut off that can be gone on with. */
  readonly interrupted = new Set<Digest>();
  code: Record<string, Digest> = { 'worker.ts': digestOf('1') };
  environment: Record<string, string> = { node: '20' };
  external: Record<string, Digest> = {};
  /** What an output of an instance holds. */
  content: (record: Pick<RunRecord, 'key' | 'instance'>) => string = ({ instance }) => instance;
  readonly #history: RunRecord[] = [];
  readonly listings = new Map<Digest, readonly ListedFile[]>();

  facts(): PlanFacts {
    return {
      external: () => ok(this.external),
      code: () => this.code,
      environment: () => this.environment,
      record: (key) => this.records.get(key) ?? null,
      lastRecord: (instance) => this.last.get(instance) ?? null,
      everSucceeded: (instance) => this.last.has(instance),
      externalFiles: (digest) => this.listings.get(digest) ?? null,
      resumes: (key) => this.interrupted.has(key),
      presence: (record) => this.presences.get(record.instance) ?? { state: 'present' },
    };
  }

  /** The newest first. */
  history(instance: string): readonly RunRecord[] {
    return this.#history.filter((record) => record.instance === instance).reverse();
  }

  write(record: RunRecord): void {
    this.records.set(record.key, record);
    this.last.set(record.instance, record);
    this.#history.push(record);
  }

  /** Runs everything for real as far as planning can see. */
  runAll(instances: readonly Instance[]): void {
    for (const instance of instances) {
      const { resolved } = instance;
      if ('blocked' in resolved) throw new Error('blocked');
      const document = keyDocument(instance, resolved, {
        upstream: (id, output) => this.last.get(id)?.outputs[output] ?? fail(id),
        external: this.external,
        code: this.code,
        environment: this.environment,
      });
      const key = actionKey(document);
      const digest = digestOf(this.content({ key, instance: instance.id }));
      this.write({
        schema: 1,
        key,
        instance: instance.id,
        document,
        outputs: Object.fromEntries(
          instance.outputs.map(({ name, kind, artifact, path }) => [
            name,
            { kind, artifact, path, digest, size: 1 },
          ]),
        ),
        summary: {},
        started_at: '',
        wall_seconds: 1,
        host: '',
        run: '',
      });
    }
  }
}

function fail(id: string): never {
  throw new Error(`no record of ${id}`);
}
