import type { Result } from '../base/result.js';

/** What a device says of itself; part of every measurement made on it. */
export interface DeviceProbe {
  readonly device: string;
  readonly transport: 'local' | 'ssh';
  readonly hostname: string;
  /** `PRETTY_NAME` of /etc/os-release. */
  readonly os: string;
  readonly kernel: string;
  /** As `uname -m` says: `aarch64`, `x86_64`. */
  readonly architecture: string;
  /** Board model of the device tree, or the processor's name. */
  readonly model: string;
  readonly cpu_count: number;
  readonly memory_bytes: number;
  readonly free_disk_bytes: number;
  readonly governor: string | null;
  readonly python: string;
  readonly litert: string;
  readonly psutil: string;
  /**
   * First 12 hexadecimal digits of the SHA-256 of the board's serial number, or of the machine id where it has none, so that
   * two alike boards can be told apart; `unknown` where there is neither.
   */
  readonly board_id: string;
  /** Device clock minus host clock, seconds. */
  readonly clock_offset_s: number;
  /** Half the time that the fastest question for the clock took: the offset is right within this, seconds. */
  readonly clock_error_s?: number;
  /** First `compatible` name of the system on a chip in the device tree, for example `brcm,bcm2711`; null without one. */
  readonly soc?: string | null;
  /** Of the C library, `2.36`; null where it is not glibc. */
  readonly glibc?: string | null;
  /** Of the Python, which a 64-bit kernel may run with 32. */
  readonly python_bits?: number;
  /** Of each processor whose frequency the kernel controls. */
  readonly clocks?: readonly BoardClock[];
  readonly available_memory_bytes?: number;
  readonly swap_bytes?: number;
  /** Of the first thermal zone; null where there is none. */
  readonly temperature_c?: number | null;
  /** What `vcgencmd get_throttled` answers; null where there is no vcgencmd. */
  readonly throttled?: number | null;
  /** Whether a user-mode emulator runs its programs: its times mean nothing. */
  readonly emulated?: boolean;
  /** Version of the tokenizers package; null without it. */
  readonly tokenizers?: string | null;
}

/** Frequencies of one processor in hertz, as cpufreq has them. */
export type BoardClock = Readonly<Record<'cpu' | 'min_hz' | 'max_hz' | 'current_hz', number>>;

/** The same of a device that need not be able to run the agent: what is not installed is null. */
export type DeviceFacts = Omit<DeviceProbe, 'litert' | 'psutil'> & {
  readonly litert: string | null;
  readonly psutil: string | null;
  /** Why something that is installed cannot be imported, in the words of Python. */
  readonly problems: string;
};

/** What decides which wheels a board can use. */
export interface BoardPlatform {
  /** As `uname -m` says, or `32-bit` where Python is a 32-bit program, which a 64-bit kernel may run. */
  readonly architecture: string;
  /** `3.11` */
  readonly python: string;
}

export interface DeviceFailure {
  /**
   * `unreachable`: no connection; `refused`: authentication or host key; `lost`: the connection ended;
   * `unusable`: reached, but something that we need is missing there; `command`: a command failed there.
   */
  readonly reason: 'unreachable' | 'refused' | 'lost' | 'unusable' | 'command' | 'digest-mismatch';
  readonly device: string;
  readonly message: string;
  readonly hint?: string;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PushReport {
  /** Bytes that went over the wire. */
  readonly sentBytes: number;
  readonly totalBytes: number;
  readonly files: number;
  readonly seconds: number;
}

export interface CollectReport {
  readonly removed: readonly string[];
  readonly bytes: number;
}

/** Our folder on a device. */
export interface OurFolder {
  readonly entries: readonly { readonly name: string; readonly bytes: number }[];
  /** What is there and not from us: it stays. */
  readonly strangers: readonly string[];
}

/** One connection to one device. Two transports: `local` and `ssh`; one conformance suite proves both. */
export interface DeviceClient {
  readonly name: string;
  readonly transport: 'local' | 'ssh';
  /** Absolute path of our folder on the device. */
  readonly root: string;
  /** The Python that runs the agent there; with the packages of `devices setup` where it has none of its own. */
  readonly python: string;
  /** For which board `devices setup` would fetch packages. */
  readonly platform: BoardPlatform;
  probe(): Promise<Result<DeviceProbe, DeviceFailure>>;
  /** The same of a device that may lack LiteRT or psutil. */
  inspect(): Promise<Result<DeviceFacts, DeviceFailure>>;
  /**
   * Runs argv without a shell's interpretation, in `root`; `stdin` is written and closed. A program that is not there
   * ends with 127 and a signal with 128 and its number, as in a shell.
   */
  exec(
    argv: readonly string[],
    options?: { readonly stdin?: string; readonly timeoutSeconds?: number },
  ): Promise<Result<CommandResult, DeviceFailure>>;
  /**
   * Runs argv in `root` and hands over each line of stdout as it comes, so that the result's `stdout` is empty; resolves
   * when the process has ended. Its stdin stays open as long as we are there; the signal ends it with all that it started.
   */
  stream(
    argv: readonly string[],
    onLine: (line: string) => void,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Result<CommandResult, DeviceFailure>>;
  /**
   * Makes `remote` (relative to `root`) equal to the local folder: rsync to a staging folder there, every file's
   * SHA-256 checked on the device, then an atomic switch. What is there already is not sent again.
   */
  push(localFolder: string, remote: string): Promise<Result<PushReport, DeviceFailure>>;
  /**
   * Removes folders of `remote` (relative to `root`) that nobody used for 30 days, but none of the newest; a push counts
   * as use, also when nothing had to be sent.
   *
   * @param keep how many of the newest stay whatever their age
   */
  collect(remote: string, keep: number): Promise<Result<CollectReport, DeviceFailure>>;
  /** What we made below `root`: names and bytes; with `remove` it is gone afterwards, and `root` too if it is then empty. */
  ours(remove: boolean): Promise<Result<OurFolder, DeviceFailure>>;
  /** Copies a remote file or folder (relative to `root`) to a local path. */
  pull(remote: string, localPath: string): Promise<Result<PushReport, DeviceFailure>>;
  close(): Promise<void>;
}
