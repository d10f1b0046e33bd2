"""What Edgeline asks of a device, one command a call: `python -c <this text> COMMAND`, JSON on standard input and output.

Standard library only, Python 3.9 or newer. All paths are absolute.

    manifest {"path"}             what is there: kind and, per file, size, SHA-256 and executable bit
    prepare  {"target"}           the same of `target`, and up to four folders beside it, the newest first
    switch   {"target", "staging"}  puts the staging folder in the target's place
    hold     {"path"}             locks the file until standard input closes
    probe    {"root"}             what the device says of itself
"""

import ctypes
import fcntl
import hashlib
import json
import os
import platform
import shutil
import stat
import sys
import time

NEIGHBOURS = 4


def file_entry(path, name):
    digest = hashlib.sha256()
    size = 0
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
            size += len(block)
    executable = bool(os.stat(path).st_mode & stat.S_IXUSR)
    return {"path": name, "size": size, "sha256": digest.hexdigest(), "executable": executable}


def manifest(request):
    """Every file below a folder, links not followed: a link is never ours and shows as a difference."""
    path = request["path"]
    if os.path.isfile(path) and not os.path.islink(path):
        return {"kind": "file", "files": [file_entry(path, os.path.basename(path))]}
    if not os.path.isdir(path):
        return {"kind": "absent", "files": []}
    files = []
    for folder, folders, names in os.walk(path):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in names + links:
            full = os.path.join(folder, name)
            relative = os.path.relpath(full, path).replace(os.sep, "/")
            if os.path.islink(full) or not os.path.isfile(full):
                files.append({"path": relative, "size": 0, "sha256": "", "executable": False})
            else:
                files.append(file_entry(full, relative))
    return {"kind": "folder", "files": files}


def prepare(request):
    target = request["target"]
    parent = os.path.dirname(target)
    os.makedirs(parent, exist_ok=True)
    beside = [entry.path for entry in os.scandir(parent) if entry.is_dir(follow_symlinks=False)]
    beside = [path for path in beside if path != target and not os.path.basename(path).startswith(".")]
    beside.sort(key=lambda path: -os.stat(path).st_mtime)
    return {**manifest({"path": target}), "beside": beside[:NEIGHBOURS]}


def exchange(left, right):
    """Swaps two paths in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    at_current_folder, exchange_flag = -100, 2
    return rename(at_current_folder, os.fsencode(left), at_current_folder, os.fsencode(right), exchange_flag) == 0


def switch(request):
    target, staging = request["target"], request["staging"]
    if not os.path.lexists(target):
        os.rename(staging, target)
    elif exchange(staging, target):
        remove(staging)
    else:
        old = staging + ".old"
        remove(old)
        os.rename(target, old)
        os.rename(staging, target)
        remove(old)
    return {}


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def hold(request):
    os.makedirs(os.path.dirname(request["path"]), exist_ok=True)
    descriptor = os.open(request["path"], os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    print('{"held":true}', flush=True)
    while os.read(0, 4096):
        pass


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip("\0\n ")
    except OSError:
        return None


def field(text, names, separator):
    """The first value of `name <separator> value` lines, names in order of preference."""
    for wanted in names:
        for line in (text or "").splitlines():
            name, found, value = line.partition(separator)
            if found and name.strip() == wanted and value.strip():
                return value.strip().strip('"')
    return None


def installed_version(package, module):
    """The version of a package that can really be imported, else None."""
    from importlib import import_module, metadata

    try:
        import_module(module)
        return metadata.version(package)
    except Exception as error:
        # A wheel for another processor or C library fails in many ways; all mean the same to us.
        print(f"{package}: {error}", file=sys.stderr)
        return None


def board_id():
    """Tells two boards apart that are alike, without giving away the number itself; see board.ts."""
    identity = read_text("/proc/device-tree/serial-number") or read_text("/etc/machine-id")
    return hashlib.sha256(identity.encode()).hexdigest()[:12] if identity else "unknown"


def probe(request):
    print(json.dumps({"clock": time.time()}), flush=True)
    processor = field(read_text("/proc/cpuinfo"), ["model name", "Model", "Hardware"], ":")
    memory = field(read_text("/proc/meminfo"), ["MemTotal"], ":") or "0 kB"
    return {
        "hostname": platform.node(),
        "os": field(read_text("/etc/os-release"), ["PRETTY_NAME"], "=") or platform.platform(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "model": read_text("/proc/device-tree/model") or processor or platform.machine(),
        "cpu_count": os.cpu_count() or 1,
        "memory_bytes": int(memory.split()[0]) * 1024,
        "free_disk_bytes": shutil.disk_usage(request["root"]).free,
        "governor": read_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "python": platform.python_version(),
        "litert": installed_version("ai-edge-litert", "ai_edge_litert.interpreter"),
        "psutil": installed_version("psutil", "psutil"),
        "board_id": board_id(),
    }


COMMANDS = {"manifest": manifest, "prepare": prepare, "switch": switch, "probe": probe}


def main():
    command = sys.argv[1]
    try:
        if command == "hold":
            hold(json.loads(sys.stdin.buffer.readline()))
        else:
            print(json.dumps(COMMANDS[command](json.loads(sys.stdin.buffer.read()))), flush=True)
    except OSError as error:
        print(f"{error.strerror}: {error.filename}" if error.filename else str(error), file=sys.stderr)
        sys.exit(1)


main()
