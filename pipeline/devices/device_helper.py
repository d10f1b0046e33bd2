"""What Edgeline asks of a device, one command a call: `python -c <this text> COMMAND`, JSON on standard input and output.

Standard library only, Python 3.9 or newer. All paths are absolute.

    manifest {"path"}             what is there: kind and, per file, size, SHA-256 and executable bit
    prepare  {"target"}           the same of `target`, and up to four folders beside it, the newest first
    switch   {"target", "staging"}  puts the staging folder in the target's place
    hold     {"path"}             locks the file until standard input closes
    probe    {"root"}             what the device says of itself; first its clock, once for each line `clock`
    collect  {"path", "keep"}     removes folders there that nobody used for 30 days, but not the `keep` newest
    ours     {"root", "remove"}   what we made there; removed when that is true
"""

import ctypes
import fcntl
import hashlib
import json
import os
import platform
import shutil
import stat
import subprocess
import sys
import time

NEIGHBOURS = 4
UNUSED_SECONDS = 30 * 24 * 3600
# All that Edgeline makes in its folder on a device.
OURS = [".staging", "bundles", "measuring.lock", "python", "runs"]


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
    if os.path.isdir(target):
        # Whoever asks for it is about to use it: `collect` goes by this.
        os.utime(target)
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


def size_of(path):
    """Bytes of the files there; a link counts as itself."""
    if not os.path.isdir(path) or os.path.islink(path):
        return os.lstat(path).st_size
    return sum(os.lstat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(path) for name in names)


def hold_board():
    """Whether nobody measures on this board, nor will before we end: the lease of stages/deploy/agent/lease.py.

    A lease that is not there was never taken.
    """
    folders = [os.environ["EDGELINE_LEASES"]] if os.environ.get("EDGELINE_LEASES") else ["/run/lock", "/tmp"]
    for folder in folders:
        try:
            descriptor = os.open(os.path.join(folder, "edgeline-board.lock"), os.O_RDONLY | os.O_NOFOLLOW)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass
    return True


def collect(request):
    """Boards without a battery begin with a wrong clock, so age alone removes nothing: the newest stay in any case."""
    path = request["path"]
    if not os.path.isdir(path):
        return {"removed": [], "bytes": 0}
    # Removing takes time of the disk and the processor that somebody measures.
    if not hold_board():
        return {"removed": [], "bytes": 0}
    entries = [(os.lstat(entry.path).st_mtime, entry.path) for entry in os.scandir(path)]
    entries.sort(reverse=True)
    old = [name for used, name in entries[request["keep"] :] if time.time() - used > UNUSED_SECONDS]
    freed = sum(size_of(name) for name in old)
    for name in old:
        remove(name)
    return {"removed": sorted(os.path.basename(name) for name in old), "bytes": freed}


def ours(request):
    root = request["root"]
    home = os.path.realpath(os.path.expanduser("~"))
    if os.path.commonpath([root, home]) == root:
        raise OSError(f"{root} is the login folder or holds it: not a folder of ours")
    names = sorted(os.listdir(root))
    found = [{"name": name, "bytes": size_of(os.path.join(root, name))} for name in names if name in OURS]
    strangers = [name for name in names if name not in OURS]
    if request["remove"]:
        for entry in found:
            remove(os.path.join(root, entry["name"]))
        if not strangers:
            os.rmdir(root)
    return {"entries": found, "strangers": strangers}


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


def clocks():
    """Frequencies of the processors that cpufreq controls, in hertz; the kernel tells kilohertz."""
    found = []
    for cpu in range(os.cpu_count() or 1):
        folder = f"/sys/devices/system/cpu/cpu{cpu}/cpufreq"
        values = [read_text(f"{folder}/scaling_{name}_freq") for name in ("min", "max", "cur")]
        if all(value is not None and value.isdigit() for value in values):
            low, high, current = (int(value) * 1000 for value in values)
            found.append({"cpu": cpu, "min_hz": low, "max_hz": high, "current_hz": current})
    return found


def throttled():
    """The mask of a Raspberry Pi's firmware; None where nobody can tell."""
    try:
        answer = subprocess.run(["vcgencmd", "get_throttled"], stdout=subprocess.PIPE, timeout=10, check=True)
        return int(answer.stdout.decode().strip().partition("=")[2], 16)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def emulated():
    """Whether a user-mode emulator runs this program. It disguises our own /proc entry, but not that of another."""
    # It waits for input, not for time: where somebody plays with the clock, a sleep may fail.
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        return "qemu" in os.path.basename(os.readlink(f"/proc/{child.pid}/exe"))
    except OSError:
        return False
    finally:
        child.kill()
        child.communicate()


def kibibytes(meminfo, name):
    return int((field(meminfo, [name], ":") or "0 kB").split()[0]) * 1024


def answer_clock():
    print('"ready"', flush=True)
    while sys.stdin.buffer.readline() == b"clock\n":
        print(json.dumps({"clock": time.time()}), flush=True)


def probe(request):
    answer_clock()
    processor = field(read_text("/proc/cpuinfo"), ["model name", "Model", "Hardware"], ":")
    memory = read_text("/proc/meminfo")
    temperature = read_text("/sys/class/thermal/thermal_zone0/temp")
    library, version = platform.libc_ver()
    compatible = (read_text("/proc/device-tree/compatible") or "").split("\0")
    return {
        "hostname": platform.node(),
        "os": field(read_text("/etc/os-release"), ["PRETTY_NAME"], "=") or platform.platform(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "model": read_text("/proc/device-tree/model") or processor or platform.machine(),
        "soc": compatible[-1] or None,
        "cpu_count": os.cpu_count() or 1,
        "clocks": clocks(),
        "memory_bytes": kibibytes(memory, "MemTotal"),
        "available_memory_bytes": kibibytes(memory, "MemAvailable"),
        "swap_bytes": kibibytes(memory, "SwapTotal"),
        "free_disk_bytes": shutil.disk_usage(request["root"]).free,
        "governor": read_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "temperature_c": int(temperature) / 1000 if temperature else None,
        "throttled": throttled(),
        "glibc": version if library == "glibc" else None,
        "python": platform.python_version(),
        "python_bits": 64 if sys.maxsize > 2**32 else 32,
        "litert": installed_version("ai-edge-litert", "ai_edge_litert.interpreter"),
        "psutil": installed_version("psutil", "psutil"),
        "tokenizers": installed_version("tokenizers", "tokenizers"),
        "board_id": board_id(),
        "emulated": emulated(),
    }


COMMANDS = {
    "manifest": manifest,
    "prepare": prepare,
    "switch": switch,
    "probe": probe,
    "collect": collect,
    "ours": ours,
}


def main():
    command = sys.argv[1]
    try:
        if command == "hold":
            hold(json.loads(sys.stdin.buffer.readline()))
        else:
            print(json.dumps(COMMANDS[command](json.loads(sys.stdin.buffer.readline()))), flush=True)
    except OSError as error:
        print(f"{error.strerror}: {error.filename}" if error.filename else str(error), file=sys.stderr)
        sys.exit(1)


main()
