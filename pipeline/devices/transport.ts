import type { Result } from '../base/result.js';
import type { CommandResult, DeviceFailure } from '../contract/device.js';

export interface RunOptions {
  /** Working folder there; the login folder or this process's own when absent. */
  readonly cwd?: string;
  /**
   * Written and closed; `open` leaves it open while the command runs, so that it notices our end. `onOpen` gets what
   * writes more.
   */
  readonly stdin?:
    | string
    | {
        readonly open: true;
        readonly first?: string;
        readonly onOpen?: (write: (text: string) => void) => void;
      };
  /** Gets standard output line by line, which is then not collected. */
  readonly onLine?: (line: string) => void;
  /** Ends the command with all processes that it started. */
  readonly signal?: AbortSignal;
  readonly timeoutSeconds?: number;
}

/** The part of a device that differs between this machine and one behind ssh. */
export interface Transport {
  readonly kind: 'local' | 'ssh';
  /** Runs argv without a shell's interpretation. A program that is not there ends with 127, as in a shell. */
  run(argv: readonly string[], options?: RunOptions): Promise<Result<CommandResult, DeviceFailure>>;
  /** How rsync writes an absolute path there. */
  rsyncPath(path: string): string;
  /** The command through which rsync reaches the device; null on this machine. */
  readonly rsyncShell: readonly string[] | null;
  close(): Promise<void>;
}
