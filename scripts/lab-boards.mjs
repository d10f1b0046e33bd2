// The system of the lab's emulated boards: Debian for arm64, unpacked by debootstrap's first stage and dpkg-deb, kept in
// the cache. Nothing in it is configured: postinst scripts take ten minutes under emulation, and what they would make
// (users, host keys, settings of sshd) is made here or by test/rig/boards.ts.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './processes.mjs';

const RELEASE = 'bookworm';
// No venv and no pip, as on a board nobody prepared. libfaketime sets a board's clock while it measures.
const PACKAGES = ['openssh-server', 'rsync', 'python3-minimal', 'libpython3-stdlib', 'libfaketime'];
const BINFMT = '/proc/sys/fs/binfmt_misc';
const EMULATOR = '/usr/bin/qemu-aarch64-static';
/** Any 64-bit little-endian ELF file for AArch64; F: the emulator is opened now, so it is there in every root folder. */
const REGISTRATION = `:edgeline-aarch64:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:${EMULATOR}:F`;
const PROGRAMS = { debootstrap: 'debootstrap', 'qemu-aarch64-static': 'qemu-user-static', ip: 'iproute2' };

/**
 * Why boards cannot be emulated here, or the folder with their system.
 *
 * @returns {Promise<{reason: string} | {folder: string}>}
 */
export async function boardSystem() {
  if (process.platform !== 'linux') return { reason: 'boards are emulated on Linux only' };
  if (process.getuid() !== 0)
    return { reason: 'only root can make network namespaces and mounts for boards' };
  const missing = Object.keys(PROGRAMS).filter((program) => !found(program));
  if (missing.length > 0) {
    if (!found('apt-get')) return { reason: `there is no ${missing.join(', ')} and no apt-get` };
    await install([...new Set(missing.map((program) => PROGRAMS[program]))]);
    const still = missing.filter((program) => !found(program));
    if (still.length > 0) return { reason: `${still.join(', ')} could not be installed` };
  }
  const emulator = registerEmulator();
  if (emulator !== null) return { reason: emulator };
  const cache = process.env.EDGELINE_LAB_CACHE ?? join(homedir(), '.cache', 'edgeline', 'lab');
  const folder = join(cache, `arm64-${RELEASE}-2`);
  if (existsSync(folder)) return { folder };
  mkdirSync(cache, { recursive: true });
  const temporary = join(cache, `making-${process.pid}`);
  try {
    const problem = await make(temporary);
    if (problem !== null) return { reason: problem };
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return { folder };
}

const found = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

async function install(packages) {
  console.log(`== installing ${packages.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300'];
  await run('apt-get', ['update', ...options], env);
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...options, ...packages], env);
}

/** Null when the kernel starts programs for arm64, else why not. */
function registerEmulator() {
  try {
    if (!existsSync(join(BINFMT, 'register')))
      execFileSync('mount', ['-t', 'binfmt_misc', 'binfmt_misc', BINFMT], { stdio: 'pipe' });
    const fixed = readdirSync(BINFMT).some((name) => {
      if (!name.includes('aarch64')) return false;
      const text = readFileSync(join(BINFMT, name), 'utf8');
      return text.startsWith('enabled') && /^flags: \w*F/m.test(text);
    });
    if (!fixed) writeFileSync(join(BINFMT, 'register'), REGISTRATION);
    return null;
  } catch (error) {
    return `the kernel lets nobody register an emulator for arm64: ${error.message}`;
  }
}

async function make(folder) {
  console.log('== making the system of the emulated boards, about two minutes');
  const mirror = process.env.EDGELINE_LAB_MIRROR ?? mirrorOfThisMachine();
  const exitCode = await run('sh', [
    '-c',
    'debootstrap --arch=arm64 --foreign --variant=minbase "$@" > "$0.log" 2>&1 || { tail -5 "$0.log"; exit 1; }',
    folder,
    `--include=${PACKAGES.join(',')}`,
    RELEASE,
    folder,
    mirror,
  ]);
  rmSync(`${folder}.log`, { force: true });
  if (exitCode !== 0) return 'debootstrap could not fetch Debian for arm64';
  const archives = join(folder, 'var/cache/apt/archives');
  for (const name of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    // What is there already stays: debootstrap has unpacked the essential packages.
    const left = ['doc', 'man', 'locale', 'zoneinfo'].map((part) => `--exclude=./usr/share/${part}/*`);
    const tar = `tar --keep-directory-symlink --skip-old-files ${left.join(' ')} -C "$1" -xf -`;
    execFileSync('sh', ['-c', `dpkg-deb --fsys-tarfile "$0" | ${tar}`, join(archives, name), folder]);
    rmSync(join(archives, name));
  }
  const at = (path) => join(folder, path);
  // Where it cannot mount, debootstrap links this machine's own.
  for (const path of ['proc', 'debootstrap']) rmSync(at(path), { recursive: true, force: true });
  for (const path of ['proc', 'run/sshd', 'home/pi/.ssh', 'etc/ssh'])
    mkdirSync(at(path), { recursive: true });
  appendFileSync(
    at('etc/passwd'),
    'sshd:x:101:65534::/run/sshd:/usr/sbin/nologin\npi:x:1000:1000::/home/pi:/bin/sh\n',
  );
  appendFileSync(at('etc/group'), 'pi:x:1000:\n');
  // A locked password would lock out the key too.
  appendFileSync(at('etc/shadow'), 'pi:*:20000:0:99999:7:::\n');
  execFileSync('chown', ['-R', '1000:1000', at('home/pi')]);
  execFileSync('chmod', ['700', at('home/pi')]);
  const answer = spawnSync('chroot', [folder, '/usr/bin/python3', '-c', 'import ssl'], { encoding: 'utf8' });
  return answer.status === 0 ? null : `the emulated Python does not run: ${answer.stderr}`;
}

function mirrorOfThisMachine() {
  const sources = '/etc/apt/sources.list.d/debian.sources';
  const text = existsSync(sources) ? readFileSync(sources, 'utf8') : '';
  return /^URIs: *(\S+)/m.exec(text)?.[1] ?? 'https://deb.debian.org/debian';
}
