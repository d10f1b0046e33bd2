"""What the engine asks of a workstation over ssh: one request as JSON on stdin, answers as JSON lines.

Standard library only, Python 3.8 or newer; lies beside attempt_supervisor.py.
"""

import base64
import fcntl
import hashlib
import json
import os
import select
import shutil
import subprocess
import sys
import time

from attempt_supervisor import read_json, state_of, write_json

CHUNK = 1 << 18


def say(document):
    sys.stdout.write(json.dumps(document) + '\n')
    sys.stdout.flush()


def state(request):
    folder = request['folder']
    attempt = read_json(os.path.join(folder, 'attempt.json'))
    say({**state_of(folder), 'contents': (attempt or {}).get('contents')})


def pooled(root, digest, executable):
    return os.path.join(root, 'pool', digest[:2], digest + ('.x' if executable else ''))


def size_of(path):
    return os.path.getsize(path) if os.path.exists(path) else None


def missing(request):
    """Which contents are not here yet."""
    root = request['root']
    gone = [
        item
        for item in request['files']
        if size_of(pooled(root, item['digest'], item['executable'])) != item['size']
    ]
    say({'missing': sorted({item['digest'] for item in gone})})


def sha256_of(path):
    content = hashlib.sha256()
    with open(path, 'rb') as file:
        for chunk in iter(lambda: file.read(1 << 20), b''):
            content.update(chunk)
    return content.hexdigest()


def place(request):
    """Makes an attempt's folder whole: every file it reads, checked as it is put there."""
    root, folder, incoming = request['root'], request['folder'], request['incoming']
    damaged = []
    for item in request['files']:
        source = pooled(root, item['digest'], item['executable'])
        sent = os.path.join(incoming, item['digest'])
        if not os.path.exists(source) and os.path.exists(sent):
            os.makedirs(os.path.dirname(source), exist_ok=True)
            temporary = '%s.%d' % (source, os.getpid())
            shutil.copyfile(sent, temporary)
            os.chmod(temporary, 0o555 if item['executable'] else 0o444)
            os.replace(temporary, source)
        if not os.path.exists(source) or sha256_of(source) != item['digest']:
            if os.path.exists(source):
                os.unlink(source)
            damaged.append(item['digest'])
            continue
        os.utime(source)
        target = os.path.join(folder, 'tree', item['path'].lstrip('/'))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        try:
            os.link(source, target)
        except FileExistsError:
            pass
        except OSError:
            shutil.copy2(source, target)
    if not damaged:
        shutil.rmtree(incoming, ignore_errors=True)
    say({'damaged': sorted(set(damaged))})


def start(request):
    folder = request['folder']
    for name in ('out', 'tmp'):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    os.makedirs(request['cache'], exist_ok=True)
    # Asked again after a lost connection, it may have begun.
    resumes = state_of(folder)['state'] != 'running' and open_resume_folder(request.get('resume'))
    write_json(os.path.join(folder, 'job.json'), request['job'])
    write_json(os.path.join(folder, 'attempt.json'), request['attempt'])
    with open(os.path.join(folder, 'supervisor.log'), 'ab') as log:
        subprocess.Popen(
            [sys.executable, '-B', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'attempt_supervisor.py'), folder],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        now = state_of(folder)
        if now['state'] != 'dead':
            break
        time.sleep(0.02)
    say({**now, 'resumes': resumes})


def open_resume_folder(resume):
    """Whether an attempt that was cut off left something in it; emptied where that must not be used."""
    if resume is None:
        return False
    if resume['anew']:
        shutil.rmtree(resume['folder'], ignore_errors=True)
    os.makedirs(resume['folder'], exist_ok=True)
    return bool(os.listdir(resume['folder']))


def follow(request):
    """Sends what is written from the given offsets on, until the end. A beat shows that the connection lives."""
    folder = request['folder']
    offsets = {'log': request['log'], 'protocol': request['protocol']}
    beat = time.monotonic()
    while True:
        now = state_of(folder)
        wrote = False
        for name in offsets:
            try:
                with open(os.path.join(folder, name), 'rb') as file:
                    file.seek(offsets[name])
                    for chunk in iter(lambda: file.read(CHUNK), b''):
                        offsets[name] += len(chunk)
                        say({'stream': name, 'data': base64.b64encode(chunk).decode()})
                        wrote = True
            except FileNotFoundError:
                pass
        if now['state'] != 'running':
            say(now)
            return
        if time.monotonic() - beat > 2:
            beat = time.monotonic()
            say({'stream': 'beat', 'data': ''})
        if not wrote:
            # Ends with the connection, whose other end is our stdin.
            if select.select([sys.stdin], [], [], 0.1)[0] and not os.read(0, 1):
                return


def stop(request):
    folder = request['folder']
    if state_of(folder)['state'] == 'running':
        open(os.path.join(folder, 'stop'), 'w').close()
    while state_of(folder)['state'] == 'running':
        time.sleep(0.05)
    say(state_of(folder))


def outputs(request):
    """The regular files below out/, with digests."""
    top = os.path.join(request['folder'], 'out')
    files = []
    for folder, _, names in os.walk(top):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                files.append({'path': os.path.relpath(path, top), 'digest': sha256_of(path)})
    say({'files': files})


def remove(request):
    """Takes a folder away. Says whether the one named by `left`, which stays, has something in it."""
    shutil.rmtree(request['folder'], ignore_errors=True)
    left = request.get('left')
    say({'left': left is not None and os.path.isdir(left) and bool(os.listdir(left))})


def environment(request):
    """The Python of the lock: found whole, or made. `python` names one that is to be checked instead."""
    lock_text, version = request['lock'], request['version']
    if request.get('python'):
        python = os.path.expanduser(request['python'])
        check = (
            'import json, sys\n'
            'from importlib import metadata\n'
            'def of(name):\n'
            '    try: return metadata.version(name)\n'
            '    except metadata.PackageNotFoundError: return "missing"\n'
            'names = json.load(sys.stdin)\n'
            'print(json.dumps([n + " " + of(n) + ", the lock has " + v for n, v in names.items() if of(n) != v]))\n'
        )
        asked = subprocess.run(
            [python, '-c', check], input=json.dumps(request['packages']).encode(), stdout=subprocess.PIPE
        )
        wrong = json.loads(asked.stdout or '["it does not run"]')
        say({'python': python} if not wrong else {'problem': '; '.join(wrong[:4])})
        return
    folder = os.path.join(request['root'], 'python', request['name'])
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    python = os.path.join(folder, 'bin', 'python')
    marker = os.path.join(folder, 'edgeline-environment.json')
    with open(folder + '.lock', 'w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(marker) and os.path.exists(python):
            say({'python': python})
            return
        shutil.rmtree(folder, ignore_errors=True)
        base = shutil.which('python' + version) or sys.executable
        say({'progress': 'making a Python %s environment' % version})
        requirements = folder + '.requirements'
        with open(requirements, 'w', encoding='utf-8') as file:
            file.write(lock_text)
        for argv in (
            [base, '-m', 'venv', folder],
            [python, '-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off']
            + ['--require-hashes', '--only-binary', ':all:', '-r', requirements],
        ):
            problem = run_step(argv)
            if problem is not None:
                shutil.rmtree(folder, ignore_errors=True)
                say({'problem': problem})
                return
        write_json(marker, {'schema': 1, 'version': version})
        say({'python': python})


def run_step(argv):
    """Runs it with its `Collecting` lines as progress; the end of what it said when it fails."""
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    tail = []
    for raw in child.stdout:
        line = raw.decode(errors='replace').strip()
        tail = (tail + [line])[-3:]
        if line.startswith('Collecting '):
            say({'progress': 'downloading ' + line.split()[1].split('=')[0]})
    return None if child.wait() == 0 else '; '.join(tail)


COMMANDS = (state, missing, place, start, follow, stop, outputs, remove, environment)

if __name__ == '__main__':
    command = next(candidate for candidate in COMMANDS if candidate.__name__ == sys.argv[1])
    command(json.loads(sys.stdin.readline()))
