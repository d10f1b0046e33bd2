import { join, resolve } from 'node:path';
import type { Result } from '../base/result.js';
import { ok } from '../base/result.js';
import type { DeviceConfig } from '../contract/config.js';
import type { DeviceClient, DeviceFailure } from '../contract/device.js';
import { boardLock, lockName } from './board-lock.js';
import { deviceClient } from './client.js';
import { deviceFailure, tail } from './device-failure.js';
import { localTransport } from './local.js';
import { sshTransport } from './ssh.js';
import { sshSettings, withHome } from './ssh-settings.js';
import type { Transport } from './transport.js';

export interface DeviceContext {
  /** Absolute folder below which local devices keep theirs. */
  readonly localRoot: string;
  /** Edgeline's own Python, for local devices that name none. */
  readonly python: string;
}

/** Relative to the login folder. */
const SSH_ROOT = 'edgeline';

/**
 * Makes the root and says where it is, which Python will do and for which board its packages are; each problem has an exit
 * code of its own. A Python without LiteRT gets the packages of `devices setup` for exactly this Python, where they are
 * there, by a launcher beside them.
 */
const OPEN = `
under_home() { case $1 in "~/"*) printf %s "$HOME/\${1#"~/"}";; *) printf %s "$1";; esac; }
root=$(under_home "$1")
case $root in /*) ;; *) root=$HOME/$root;; esac
mkdir -p -- "$root" && cd -- "$root" && [ -w . ] || exit 10
command -v rsync >/dev/null || exit 11
root=$(pwd -P)
python=$(under_home "$2")
facts=$("$python" -c '
import importlib.util, os, sys
if sys.version_info < (3, 9): sys.exit(13)
machine = os.uname().machine if sys.maxsize > 2**32 else "32-bit"
whole = all(importlib.util.find_spec(name) for name in ("ai_edge_litert", "psutil"))
print("%d.%d" % sys.version_info[:2], machine, "whole" if whole else "bare")') || exit $(($? == 13 ? 13 : 12))
set -- "$3" "$4" $facts
packages=$root/python/$1-cp\${3%.*}\${3#*.}-$4
if [ -d "$packages/packages" ] && { [ "$5" = bare ] || [ "$2" = unnamed ]; }; then
  launcher=$packages/python-$(printf %s "$python" | cksum | cut -d " " -f 1)
  if [ ! -x "$launcher" ]; then
    {
      printf '#!/bin/sh\\nPYTHONPATH=\${0%%/*}/packages exec '
      printf %s "$python" | sed "s/'/'\\\\\\\\''/g; s/^/'/; s/$/'/"
      printf ' "$@"\\n'
    } > "$launcher.$$" && chmod 700 "$launcher.$$" && mv -f "$launcher.$$" "$launcher" || exit 10
  fi
  python=$launcher
fi
printf '%s\\n' "$root" "$python" "$3" "$4"
`;

/** Connects, makes the root and checks that rsync and Python are there. LiteRT is for `probe` to find. */
export async function openDevice(
  config: DeviceConfig,
  context: DeviceContext,
): Promise<Result<DeviceClient, DeviceFailure>> {
  const opened = await openTransport(config);
  if (!opened.ok) return opened;
  const transport = opened.value;
  const local = config.transport === 'local';
  const python = config.python ?? (local ? context.python : 'python3');
  const root = local
    ? resolve(context.localRoot, withHome(config.root ?? join(context.localRoot, config.name)))
    : (config.root ?? SSH_ROOT);
  // Edgeline's own Python has all there is to have.
  const named = local || config.python !== undefined ? 'named' : 'unnamed';
  const argv = ['sh', '-c', OPEN, 'sh', root, python, lockName(boardLock()), named];
  const ready = await transport.run(argv, { timeoutSeconds: 60 });
  if (!ready.ok || ready.value.exitCode !== 0) {
    await transport.close();
    return ready.ok ? unusable(config, root, python, ready.value.exitCode, ready.value.stderr) : ready;
  }
  const [path = '', interpreter = '', version = '', architecture = ''] = ready.value.stdout.split('\n');
  return ok(deviceClient(config.name, transport, path, interpreter, { python: version, architecture }));
}

async function openTransport(config: DeviceConfig): Promise<Result<Transport, DeviceFailure>> {
  if (config.transport === 'local') return ok(localTransport(config.name));
  const settings = sshSettings(config);
  return settings.ok ? sshTransport(settings.value) : settings;
}

function unusable(
  config: DeviceConfig,
  root: string,
  python: string,
  exitCode: number,
  stderr: string,
): Result<never, DeviceFailure> {
  const said = tail(stderr, 2);
  const name = config.name;
  switch (exitCode) {
    case 10:
      return deviceFailure(
        'unusable',
        name,
        `the folder ${root} on ${name} cannot be used: ${said}`,
        'Set its root.',
      );
    case 11:
      return deviceFailure('unusable', name, `${name} has no rsync`, 'Install it there: apt install rsync');
    case 12:
      return deviceFailure(
        'unusable',
        name,
        `${name} has no working Python at ${python}: ${said}`,
        `Install Python 3.9 or newer there (apt install python3-venv) and name it as devices.${name}.python`,
      );
    case 13:
      return deviceFailure(
        'unusable',
        name,
        `${python} on ${name} is older than Python 3.9`,
        `Set devices.${name}.python.`,
      );
    default:
      return deviceFailure(
        'unusable',
        name,
        `${name} has no POSIX shell that works (exit code ${exitCode}): ${said}`,
      );
  }
}
