import { existsSync, readFileSync } from 'node:fs';
import { compareCodePoints } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { Coordinates } from '../contract/config.js';
import { selectInstances } from '../plan/selector.js';
import type { StoreLayout } from '../store/layout.js';
import { RecordStore, readIndex } from '../store/records.js';

/** What an instance of `deploy` put on a device last, as its receipt says. */
export interface Deployment {
  /** Of the instance: `deploy@device=rpi4b,precision=int8`. */
  readonly id: string;
  readonly stage: { readonly name: string };
  readonly coordinates: Coordinates;
  /** ISO 8601. */
  readonly at: string;
  readonly remote: string;
  readonly sha256: string;
}

interface Receipt {
  readonly remote: string;
  readonly bundle_sha256: string;
}

/** The newest deployment of each instance to that device, whatever profile made it; sorted by id. */
export function deploymentsTo(layout: StoreLayout, device: string): readonly Deployment[] {
  const records = new RecordStore(layout);
  const found = [...readIndex(layout)].flatMap(([id, key]): readonly Deployment[] => {
    const record = records.read(key);
    if (record === null || record.document.stage !== 'deploy') return [];
    const to = record.document.options.device as { readonly name?: string } | undefined;
    const digest = record.outputs.receipt?.digest;
    if (to?.name !== device || digest === undefined || !existsSync(layout.blob(digest))) return [];
    const receipt = JSON.parse(readFileSync(layout.blob(digest), 'utf8')) as Receipt;
    return [
      {
        id,
        stage: { name: id.split('@')[0] ?? id },
        coordinates: record.document.coordinates,
        at: record.started_at,
        remote: receipt.remote,
        sha256: receipt.bundle_sha256,
      },
    ];
  });
  return found.sort((a, b) => compareCodePoints(a.id, b.id));
}

/** The one that is meant. The error is what to tell and what to do. */
export function chooseDeployment(
  deployments: readonly Deployment[],
  selector: string | undefined,
): Result<Deployment, { readonly message: string; readonly hint: string }> {
  const hint = `name one by --deployment: ${deployments.map(({ id }) => `'${id}'`).join(' ')}`;
  const chosen =
    selector === undefined ? ok(deployments) : selectInstances({ instances: deployments }, [selector]);
  if (!chosen.ok) return err({ message: `--deployment: ${chosen.error}`, hint });
  const [only] = chosen.value;
  if (only === undefined || chosen.value.length > 1) {
    const which = selector === undefined ? 'are on this device' : `are "${selector}"`;
    return err({ message: `${chosen.value.length} deployments ${which}`, hint });
  }
  return ok(only);
}
