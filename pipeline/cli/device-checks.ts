import type { DeviceClient, DeviceFacts } from '../contract/device.js';
import { whyNot } from '../devices/board-packages.js';
import { throttledState } from '../devices/throttled.js';

/** One line of `devices doctor`. */
export interface DeviceCheck {
  readonly device: string;
  readonly name: string;
  readonly state: 'ok' | 'missing' | 'warning';
  readonly detail: string;
  /** What to do; null when nothing is to be done. */
  readonly hint: string | null;
}

const MIB = 2 ** 20;
/** Packages take 110 MB, a bundle with its staging twice its model. */
const FREE_DISK_BYTES = 500 * MIB;
/** MobileBERT in fp32 takes 250 MB while it runs. */
const FREE_MEMORY_BYTES = 300 * MIB;
const CLOCK_OFFSET_SECONDS = 1;
/** Where a Raspberry Pi 3 begins to slow down, degrees Celsius. */
const WARM_CELSIUS = 60;

/** What a device that answers has and lacks for a measurement. */
export function deviceChecks(
  device: Pick<DeviceClient, 'name' | 'platform' | 'python'>,
  facts: DeviceFacts,
): readonly DeviceCheck[] {
  const { name } = device;
  const check = (
    what: string,
    state: DeviceCheck['state'],
    detail: string,
    hint: string | null = null,
  ): DeviceCheck => ({ device: name, name: what, state, detail, hint: state === 'ok' ? null : hint });
  const expected = (what: string, good: boolean, detail: string, hint: string) =>
    check(what, good ? 'ok' : 'warning', detail, hint);
  const setUp = `npx pipeline devices setup ${name}`;
  const unfit = whyNot(device, facts);
  const cannot = unfit === null || unfit.ok ? null : unfit.error;
  const installed = (what: string, version: string | null) => {
    if (version !== null) return check(what, 'ok', version);
    if (cannot !== null) return check(what, 'missing', cannot.message, cannot.hint ?? null);
    const said = facts.problems === '' ? 'not installed' : facts.problems;
    return check(what, 'missing', said, setUp);
  };
  return [
    expected(
      'board',
      facts.emulated !== true,
      `${facts.model}, ${facts.cpu_count} processors, ${facts.os}${facts.emulated === true ? ', EMULATED' : ''}`,
      'Times that are measured there mean nothing; its records say so.',
    ),
    check('python', 'ok', `${facts.python} (${device.python})`),
    installed('litert', facts.litert),
    installed('psutil', facts.psutil),
    expected(
      'tokenizers',
      facts.tokenizers != null,
      facts.tokenizers ?? 'not installed: no text can be classified there, only encoded tweets measured',
      setUp,
    ),
    expected(
      'disk',
      facts.free_disk_bytes >= FREE_DISK_BYTES,
      `${mebibytes(facts.free_disk_bytes)} free`,
      'Make room there: old bundles go by themselves, what else is in our folder with `devices clean`.',
    ),
    expected(
      'memory',
      (facts.available_memory_bytes ?? facts.memory_bytes) >= FREE_MEMORY_BYTES,
      `${mebibytes(facts.available_memory_bytes ?? facts.memory_bytes)} of ${mebibytes(facts.memory_bytes)} available`,
      'End what else runs there: a model that is swapped out is not measured, but its memory card is.',
    ),
    expected(
      'swap',
      (facts.swap_bytes ?? 0) === 0,
      facts.swap_bytes === undefined ? 'unknown' : mebibytes(facts.swap_bytes),
      'Switch it off while measuring (sudo swapoff -a): a measurement during which memory is swapped in is worth nothing.',
    ),
    governorCheck(facts, check),
    expected(
      'clock',
      Math.abs(facts.clock_offset_s) <= CLOCK_OFFSET_SECONDS,
      `${facts.clock_offset_s} s from ours, within ${facts.clock_error_s ?? '?'} s`,
      'Set it there: sudo timedatectl set-ntp true',
    ),
    expected(
      'temperature',
      (facts.temperature_c ?? 0) < WARM_CELSIUS,
      facts.temperature_c == null ? 'unknown' : `${facts.temperature_c.toFixed(1)} degrees Celsius`,
      'Cool it, or let it rest: a warm board slows down when it works.',
    ),
    throttledCheck(facts, check),
  ];
}

type Check = (what: string, state: DeviceCheck['state'], detail: string, hint?: string | null) => DeviceCheck;

function governorCheck({ governor, clocks = [] }: DeviceFacts, check: Check): DeviceCheck {
  if (governor === null) return check('governor', 'ok', 'none: the kernel does not control the frequency');
  const [first] = clocks;
  const range =
    first === undefined
      ? ''
      : `, ${first.min_hz / 1e6} to ${first.max_hz / 1e6} MHz, now ${first.current_hz / 1e6} MHz`;
  return check(
    'governor',
    governor === 'performance' ? 'ok' : 'warning',
    `${governor}${range}`,
    'To compare models, fix the frequency: echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor',
  );
}

function throttledCheck({ throttled }: DeviceFacts, check: Check): DeviceCheck {
  if (throttled == null) return check('throttling', 'ok', 'unknown: no vcgencmd there');
  const { mask, now, since_boot: before } = throttledState(throttled);
  if (now.length > 0) {
    const hint =
      'Use a stronger power supply, a shorter cable or better cooling: nothing measured now would count.';
    return check('throttling', 'warning', `${mask}: ${now.join(', ')} now`, hint);
  }
  if (before.length === 0) return check('throttling', 'ok', `${mask}: never since it started`);
  const hint = 'Find the cause (power supply, cable, cooling), then restart the board to clear this.';
  return check('throttling', 'warning', `${mask}: ${before.join(', ')} since it started`, hint);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
