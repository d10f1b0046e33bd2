import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cpus, machine } from 'node:os';
import type { DeviceClient, DeviceProbe } from '../contract/device.js';
import { deviceFailure } from './device-failure.js';

/** Which physical board it is and what runs there: all of a device that a measurement depends on. */
export type Board = Pick<
  DeviceProbe,
  'model' | 'cpu_count' | 'architecture' | 'litert' | 'python' | 'board_id'
>;

/** A board in one line, as it stands in action keys: `Raspberry Pi 4 Model B, 4 cpus, aarch64, LiteRT 2.3.0, ...`. */
export function boardText(board: Board): string {
  const { model, cpu_count, architecture, litert, python, board_id } = board;
  return `${model}, ${cpu_count} cpus, ${architecture}, LiteRT ${litert}, Python ${python}, id ${board_id}`;
}

/** This machine without its runtime, from files alone; the same answers as those of device_helper.py's `probe`. */
export function thisBoard(): Omit<Board, 'litert' | 'python'> {
  const processors = cpus();
  return {
    model: readText('/proc/device-tree/model') ?? processors[0]?.model ?? machine(),
    cpu_count: processors.length,
    architecture: machine(),
    board_id: thisBoardId(),
  };
}

/** A serial number is the board's own; a machine id moves with its memory card, but is all that many machines have. */
function thisBoardId(): string {
  const identity = readText('/proc/device-tree/serial-number') ?? readText('/etc/machine-id');
  if (identity === null) return 'unknown';
  return createHash('sha256').update(identity).digest('hex').slice(0, 12);
}

function readText(path: string): string | null {
  try {
    // Device tree strings end with a zero byte.
    return readFileSync(path, 'utf8').replace(/^[\0\n ]+|[\0\n ]+$/g, '') || null;
  } catch {
    return null;
  }
}

/**
 * The device as long as it is the board that the plan was made for: its probe fails when another one answers, for what is
 * measured there would be recorded as of the first.
 *
 * @param expected text of that board
 */
export function sameBoardOnly(device: DeviceClient, expected: string): DeviceClient {
  return {
    ...device,
    async probe() {
      const answer = await device.probe();
      if (!answer.ok || boardText(answer.value) === expected) return answer;
      return deviceFailure(
        'unusable',
        device.name,
        `another board answers as ${device.name} than this was planned for: ${boardText(answer.value)}; planned: ${expected}`,
        'Run the same command again: it asks first which board is there.',
      );
    },
  };
}
