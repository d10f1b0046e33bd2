import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Why file systems cannot be mounted here; null when they can. */
export const CANNOT_MOUNT: string | null =
  process.platform !== 'linux'
    ? 'only Linux has tmpfs'
    : process.getuid?.() !== 0
      ? 'only root may mount a file system'
      : null;

/** A small file system of its own, gone at the end of the test. */
export class MountedFolder implements Disposable {
  readonly path: string;

  constructor(path: string, sizeBytes: number) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    mount(['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', path]);
  }

  remount(options: string): void {
    mount(['-o', `remount,${options}`, this.path]);
  }

  [Symbol.dispose](): void {
    spawnSync('umount', ['--lazy', this.path]);
  }
}

function mount(args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}
