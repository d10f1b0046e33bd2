"""Runs one attempt that outlives the engine, on a workstation or in a Slurm job. Standard library only, Python 3.8 or newer.

The folder of an attempt, named by the key of its work, holds:
  attempt.json    what to run, written after all else is in place
  lock            held by the supervisor for as long as it lives
  log, protocol   what the worker wrote on stdout and stderr, and on descriptor 3
  stop            somebody wants it to end
  exit.json       how it ended, written last
  out/, tmp/      the worker's folders
"""

import fcntl
import json
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 5
# Slurm, which waits 30 seconds by itself, ends us both after that.
CHECKPOINT_GRACE_SECONDS = 20
ARCHITECTURES = {'x86_64': 'x64', 'AMD64': 'x64', 'aarch64': 'arm64', 'i686': 'ia32', 'armv7l': 'arm'}


def read_json(path):
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None


def write_json(path, document):
    temporary = '%s.%d.tmp' % (path, os.getpid())
    with open(temporary, 'w', encoding='utf-8') as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def state_of(folder):
    """`absent`, `running`, `ended`, or `dead`: begun, and gone without a word."""
    if not os.path.isdir(folder):
        return {'state': 'absent'}
    ending = read_json(os.path.join(folder, 'exit.json'))
    if ending is not None:
        return {'state': 'ended', 'exit': ending}
    try:
        lock = os.open(os.path.join(folder, 'lock'), os.O_RDWR)
    except OSError:
        return {'state': 'dead'}
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return {'state': 'running'}
    finally:
        os.close(lock)
    # It may have ended between the first look and the lock.
    ending = read_json(os.path.join(folder, 'exit.json'))
    return {'state': 'dead'} if ending is None else {'state': 'ended', 'exit': ending}


def instruction_set(levels):
    """The last of `[name, flag...]` of which this processor has all flags; its architecture where none fits."""
    try:
        with open('/proc/cpuinfo', encoding='utf-8', errors='replace') as file:
            lines = [line.split(':', 1)[1].split() for line in file if line.startswith(('flags', 'Features'))]
    except OSError:
        lines = []
    flags = set(lines[0]) if lines else set()
    fitting = [name for name, *needed in levels if flags.issuperset(needed)]
    return fitting[-1] if fitting else ARCHITECTURES.get(platform.machine(), platform.machine())


def differences(expected, python, levels):
    """Why a key made elsewhere would lie here, in words; None when it would not."""
    found = {
        'os': {'cygwin': 'win32'}.get(sys.platform, sys.platform),
        'architecture': ARCHITECTURES.get(platform.machine(), platform.machine()),
    }
    if 'python' in expected:
        found['python'] = answer([python, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
    if 'node' in expected:
        found['node'] = answer(['node', '-p', 'process.versions.node.split(".")[0]'])
    if 'cpu_isa' in expected:
        # A cap is a variable of the worker, which it gets there too.
        cap = expected['cpu_isa'].partition(', ')
        found['cpu_isa'] = instruction_set(levels) + cap[1] + cap[2]
    wrong = [
        '%s is %s there, %s here' % (name, value, expected[name])
        for name, value in found.items()
        if name in expected and expected[name] != value
    ]
    return '; '.join(wrong) or None


def answer(argv):
    try:
        return subprocess.run(argv, stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode().strip()
    except (OSError, subprocess.SubprocessError):
        return 'missing'


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if not os.path.isdir('/proc/self'):
        return True
    # Dead ones that nobody waits for stay in their group for ever in some containers.
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open('/proc/%s/stat' % name, encoding='utf-8', errors='replace') as file:
                    fields = file.read().rsplit(')', 1)[1].split()
            except (OSError, IndexError):
                continue
            if int(fields[2]) == group and fields[0] not in 'ZX':
                return True
    return False


def end_group(group, reap, steps):
    for name, grace in steps:
        try:
            os.killpg(group, name)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline:
            reap()
            if not group_lives(group):
                return
            time.sleep(0.02)


def size_of(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def die_with_parent():
    """The worker of a supervisor that is killed would run on unseen."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        pass


def supervise(folder):
    os.chdir(folder)
    lock = fcntl.fcntl(os.open('lock', os.O_RDWR | os.O_CREAT, 0o600), fcntl.F_DUPFD_CLOEXEC, 10)
    if not take(lock):
        return
    if os.path.exists('exit.json') or os.path.exists('stop'):
        return
    attempt = read_json('attempt.json')
    argv = attempt['argv']
    environment = {name: value for name, value in os.environ.items() if keeps(name, attempt)}
    environment.update(attempt['env'])
    problem = differences(attempt['environment'], attempt['python'], attempt['instruction_sets'])
    if problem is not None:
        write_json('exit.json', {'schema': 1, 'refused': problem})
        return
    if shutil.which(argv[0], path=environment.get('PATH')) is None:
        write_json('exit.json', {'schema': 1, 'spawn_error': 'there is no such program', 'command': argv[0]})
        return
    write_json('exit.json', run_supervised(attempt, argv, environment))


def take(lock):
    """Somebody may look at the lock in this very moment; another supervisor holds it for longer."""
    for _ in range(50):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            time.sleep(0.1)
    return False


def keeps(name, attempt):
    """How to reach things and which accelerator is ours are of this machine, never of the one that asked."""
    return name in attempt['own_variables'] or name.startswith(('SLURM_', 'CUDA_VISIBLE', 'ROCR_VISIBLE'))


def run_supervised(attempt, argv, environment):
    stopped = []
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: stopped.append(True))
    started = time.monotonic()
    speaks = attempt['kind'] == 'worker'
    keep = ()
    if speaks:
        protocol = os.open('protocol', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if protocol != 3:
            os.dup2(protocol, 3)
            os.close(protocol)
        keep = (3,)
    with open('log', 'ab') as log:
        try:
            child = subprocess.Popen(
                argv,
                cwd='tmp',
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=keep,
                preexec_fn=die_with_parent,
            )
        except OSError as error:
            return {'schema': 1, 'spawn_error': str(error), 'command': argv[0]}
    if speaks:
        os.close(3)
    ended_by = None
    said, heard = 0, started
    timeout, silence = attempt.get('timeout_seconds'), attempt['silence_limit_seconds']
    pause = 0.01
    while child.poll() is None:
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)
        now = time.monotonic()
        if speaks and size_of('protocol') != said:
            said, heard = size_of('protocol'), now
        if os.path.exists('stop'):
            ended_by = 'stop'
        elif stopped:
            ended_by = 'machine'
        elif timeout is not None and now - started > timeout:
            ended_by = 'timeout'
        elif speaks and now - heard > silence:
            ended_by = 'silence'
        if ended_by is not None:
            break
    # A machine that ends us sends the same signal to the worker's own handler: it may still write what it needs to go on.
    gently = [(signal.SIGTERM, CHECKPOINT_GRACE_SECONDS)]
    steps = gently if ended_by == 'machine' else [(signal.SIGINT, GRACE_SECONDS), (signal.SIGTERM, GRACE_SECONDS)]
    end_group(child.pid, child.poll, [*steps, (signal.SIGKILL, GRACE_SECONDS)])
    code = child.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == 'darwin' else 1024
    return {
        'schema': 1,
        'code': code if code >= 0 else None,
        'signal': signal.Signals(-code).name if code < 0 else None,
        'ended_by': ended_by,
        'usage': {
            'wall_seconds': time.monotonic() - started,
            'cpu_seconds': used.ru_utime + used.ru_stime,
            'peak_rss_bytes': used.ru_maxrss * unit,
            'source': 'accounted',
        },
    }


if __name__ == '__main__':
    supervise(sys.argv[1])
