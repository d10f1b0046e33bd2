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

/** One connection to one device. Two transports: `local` and `ssh`; one conformance suite proves both. */
export interface DeviceClient {
  readonly name: string;
  readonly transport: 'local' | 'ssh';
  /** Absolute path of our folder on the device. */
  readonly root: string;
  /** The Python that runs the agent there. */
  readonly python: string;
  probe(): Promise<Result<DeviceProbe, DeviceFailure>>;
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
  /** Copies a remote file or folder (relative to `root`) to a local path. */
  pull(remote: string, localPath: string): Promise<Result<PushReport, DeviceFailure>>;
  close(): Promise<void>;
}
