import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import type { Work, WorkMessageHandler } from '../contract/executor.js';

/** Makes the work's folder for resuming on this file system, and tells when an earlier attempt left something in it. */
export function openResumeFolder(work: Work, onMessage: WorkMessageHandler): void {
  const folder = work.job.resume_dir;
  if (folder === undefined) return;
  if (work.anew === true) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) onMessage({ type: 'resuming' });
}
