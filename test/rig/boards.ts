import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The system that scripts/lab-boards.mjs made, or why there is none. */
export const BOARD_SYSTEM = process.env.EDGELINE_LAB_BOARDS ?? null;
export const NO_BOARDS =
  BOARD_SYSTEM === null
    ? (process.env.EDGELINE_LAB_NO_BOARDS ?? 'run it by npm run test:lab -- device')
    : null;

/** Addresses for tests of network equipment (RFC 2544): no real network has them. */
const NETWORK = '198.18';

/** Emulated ones alone: the loop that starts them has their name in its script. Those with -R serve one connection. */
const SSHD = /^\S*qemu\S* \/usr\/sbin\/sshd/;
const LISTENING_SSHD = /^\S*qemu\S* \/usr\/sbin\/sshd(?!.* -R)/;

/**
 * An emulated arm64 board: Debian in a folder, processes of its own, and a network namespace joined to this machine by a
 * pair of virtual interfaces. It shares this machine's kernel and processors: what it measures of time means nothing.
 */
export interface Board {
  readonly name: string;
  readonly address: string;
  /** Its file system as this machine sees it. */
  readonly root: string;
  readonly hostKey: string;
  /** What pipeline.yaml says of it. */
  readonly device: Readonly<Record<string, string | number>>;
  setLink(up: boolean): void;
  /** Gives what a test made below its root to user pi. */
  own(path: string): void;
  /** A disk of its own at a path there, for user pi. */
  mountSmallDisk(path: string, bytes: number): void;
  /** Processes on it whose command line matches, by their numbers here. */
  processes(pattern: RegExp): readonly number[];
  /** Ends its ssh server, as a restart does, which keeps open connections; with `all` those too. It comes back by itself. */
  restartSshd(all: boolean): Promise<void>;
}

export interface Boards {
  readonly boards: readonly Board[];
  /** Keys and known hosts, for this machine. */
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startBoards(names: readonly string[]): Promise<Boards> {
  if (BOARD_SYSTEM === null) throw new Error('no system for boards: ask NO_BOARDS first');
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), 'edgeline-boards-'));
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.reverse()) await each();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    key(join(folder, 'client'));
    writeFileSync(join(folder, 'known_hosts'), '');
    const boards: Board[] = [];
    for (const [index, name] of names.entries()) {
      const { board, end } = startBoard(folder, name, index);
      stops.push(end);
      boards.push(board);
    }
    for (const board of boards) await listens(board.address);
    return { boards, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Network namespaces of test processes that were killed; their boards ended with them. */
function removeLeftovers(): void {
  const names =
    execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).match(/^edgeline-\d+-\d+/gm) ?? [];
  for (const name of names) {
    if (!existsSync(`/proc/${name.split('-')[1]}`)) command('ip', 'netns', 'del', name);
  }
}

function startBoard(folder: string, name: string, index: number): { board: Board; end: () => Promise<void> } {
  const at = (path: string) => join(folder, name, path);
  const root = at('root');
  for (const path of ['upper', 'work', 'root']) mkdirSync(at(path), { recursive: true });
  const layers = `lowerdir=${BOARD_SYSTEM},upperdir=${at('upper')},workdir=${at('work')}`;
  command('mount', '-t', 'overlay', 'overlay', '-o', layers, root);
  const space = `edgeline-${process.pid}-${index}`;
  const link = `el${process.pid % 100000}h${index}`;
  const far = `el${process.pid % 100000}b${index}`;
  // Two runs of the tests at once do not meet: each process has a network of its own.
  const net = `${NETWORK}.${process.pid % 250}`;
  const address = `${net}.${4 * index + 2}`;
  command('ip', 'netns', 'add', space);
  command('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', far);
  command('ip', 'link', 'set', far, 'netns', space);
  command('ip', 'addr', 'add', `${net}.${4 * index + 1}/30`, 'dev', link);
  command('ip', 'link', 'set', link, 'up');
  command('ip', '-n', space, 'addr', 'add', `${address}/30`, 'dev', far);
  command('ip', '-n', space, 'link', 'set', far, 'up');
  command('ip', '-n', space, 'link', 'set', 'lo', 'up');

  key(join(root, 'etc/ssh/host'));
  const hostKey = readFileSync(join(root, 'etc/ssh/host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  appendFileSync(join(folder, 'known_hosts'), `${address} ${hostKey}\n`);
  writeFileSync(join(root, 'home/pi/.ssh/authorized_keys'), readFileSync(join(folder, 'client.pub')));
  writeFileSync(join(root, 'etc/machine-id'), `${String(index + 1).repeat(32)}\n`);
  const settings = [
    'HostKey /etc/ssh/host',
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'UseDNS no',
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
  ];
  writeFileSync(join(root, 'etc/ssh/lab_config'), `${settings.join('\n')}\n`);
  // No /sys: LiteRT would read this machine's processors there, as if they were of its own kind, and crash.
  const script = `
    mount -t proc proc "$0/proc"
    mount --rbind /dev "$0/dev"
    while :; do chroot "$0" /usr/sbin/sshd -D -e -f /etc/ssh/lab_config; sleep 0.2; done`;
  const log: string[] = [];
  const machine = spawn(
    'ip',
    [
      'netns',
      'exec',
      space,
      'unshare',
      '--mount',
      '--pid',
      '--fork',
      '--kill-child=KILL',
      'sh',
      '-c',
      script,
      root,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  machine.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
  const processes = (pattern: RegExp) => below(machine.pid ?? -1, pattern);
  const board: Board = {
    name,
    address,
    root,
    hostKey,
    device: {
      host: `pi@${address}`,
      identity_file: join(folder, 'client'),
      known_hosts_file: join(folder, 'known_hosts'),
    },
    setLink: (up) => command('ip', 'link', 'set', link, up ? 'up' : 'down'),
    own: (path) => command('chown', '-R', '1000:1000', join(root, path)),
    mountSmallDisk: (path, bytes) => {
      mkdirSync(join(root, path), { recursive: true });
      const [first] = processes(SSHD);
      const options = `size=${bytes},uid=1000,gid=1000,mode=700`;
      command(
        'nsenter',
        '-t',
        String(first),
        '-m',
        'mount',
        '-t',
        'tmpfs',
        '-o',
        options,
        'small',
        join(root, path),
      );
    },
    processes,
    async restartSshd(all) {
      for (const pid of processes(all ? SSHD : LISTENING_SSHD)) endProcess(pid);
      await sleep(500);
      await listens(address);
    },
  };
  const end = async () => {
    await ended(machine);
    command('umount', '-l', root);
    command('ip', 'netns', 'del', space);
    // The pair goes with the namespace of one of them, but not at once.
    for (let wait = 0; existsSync(`/sys/class/net/${link}`) && wait < 50; wait += 1) await sleep(100);
  };
  return { board, end };
}

function command(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function key(path: string): void {
  command('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'edgeline-lab', '-f', path);
}

/** Numbers of the processes below one, as this machine counts them. */
function below(pid: number, pattern: RegExp): readonly number[] {
  const rows = execFileSync('ps', ['-e', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((row) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row);
      return match === null
        ? []
        : [{ pid: Number(match[1]), parent: Number(match[2]), args: match[3] ?? '' }];
    });
  const known = new Set([pid]);
  for (let size = 0; size !== known.size; ) {
    size = known.size;
    for (const row of rows) if (known.has(row.parent)) known.add(row.pid);
  }
  known.delete(pid);
  return rows.filter((row) => known.has(row.pid) && pattern.test(row.args)).map((row) => row.pid);
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  // `unshare` takes the first process there with it, and that one all others.
  for (const pid of below(child.pid ?? -1, /./)) endProcess(pid);
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await gone;
}

/** Waits until an ssh server answers there with its greeting; emulated, that takes a second or two. */
async function listens(address: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const greeting = await new Promise<string>((done) => {
      const socket = new Socket();
      socket.setTimeout(5000, () => done(''));
      socket.once('data', (data) => done(data.toString('latin1')));
      socket.once('error', () => done(''));
      socket.connect(22, address);
      socket.once('close', () => socket.destroy());
    });
    if (greeting.startsWith('SSH-2.0')) return;
    await sleep(200);
  }
  throw new Error(`no ssh server came up at ${address}`);
}
