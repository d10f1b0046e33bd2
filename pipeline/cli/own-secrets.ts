import { secretValues } from '../ui/secrets.js';

let known: readonly string[] | undefined;

/** The secrets in this process's environment, looked for once: every attempt asks. */
export function ownSecrets(): readonly string[] {
  known ??= secretValues(process.env);
  return known;
}
