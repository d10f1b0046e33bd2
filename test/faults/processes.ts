import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * Processes that have to do with a folder, found without the engine's help: those that work in it, and those that have its
 * path in their command line or environment. Zombies are left out, for nobody can end them but their parent.
 */
export function processesOf(folder: string): readonly FoundProcess[] {
  const found: FoundProcess[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const texts = [readlinkSync(`/proc/${pid}/cwd`), command, readFileSync(`/proc/${pid}/environ`, 'utf8')];
      if (texts.some((text) => text.includes(folder))) found.push({ pid, command });
    } catch {
      // It ended while we looked, or is none of ours.
    }
  }
  return found;
}
