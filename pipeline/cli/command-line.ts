import { redact } from '../ui/redact.js';
import { secretValues } from '../ui/secrets.js';

/** How this process was called, for locks, which others read: without secrets. */
export function commandLine(): string {
  return redact(secretValues(process.env))(`pipeline ${process.argv.slice(2).join(' ')}`);
}
