import { redact } from '../ui/redact.js';
import { ownSecrets } from './own-secrets.js';

/** How this process was called, for locks, which others read: without secrets. */
export function commandLine(): string {
  return redact(ownSecrets())(`pipeline ${process.argv.slice(2).join(' ')}`);
}
