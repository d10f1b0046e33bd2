import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { writeFileAtomically } from '../base/atomic-write.js';
import type { StoreLayout } from '../store/layout.js';
import { secretValues } from '../ui/secrets.js';

/**
 * Environment variables that a stage declares, as entries of its key. A secret enters as a hash that is keyed for this
 * project: it can be compared, and not guessed from a key that somebody publishes.
 */
export function variableEntries(
  names: readonly string[],
  env: NodeJS.ProcessEnv,
  layout: StoreLayout,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.map((name) => {
      const value = env[name];
      if (value === undefined) return [`env ${name}`, 'not set'];
      const isSecret = secretValues({ [name]: value }).length > 0;
      return [`env ${name}`, isSecret ? `secret ${keyedHash(value, layout)}` : `"${value}"`];
    }),
  );
}

function keyedHash(value: string, layout: StoreLayout): string {
  if (!existsSync(layout.secretKey)) {
    writeFileAtomically(layout.secretKey, randomBytes(32).toString('hex'));
    chmodSync(layout.secretKey, 0o600);
  }
  const key = Buffer.from(readFileSync(layout.secretKey, 'utf8'), 'hex');
  return createHmac('sha256', key).update(value).digest('hex').slice(0, 16);
}
