/** What the bits 0 to 3 of `vcgencmd get_throttled` mean; bits 16 to 19 say that it happened since the board started. */
const MEANINGS = [
  'under-voltage',
  'processor frequency capped',
  'throttled',
  'soft temperature limit reached',
] as const;

export interface ThrottledState {
  readonly mask: string;
  readonly now: readonly string[];
  readonly since_boot: readonly string[];
}

/**
 * Reads the mask of a Raspberry Pi's firmware.
 *
 * @see https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
 */
export function throttledState(mask: number): ThrottledState {
  const set = (first: number) => MEANINGS.filter((_, bit) => ((mask >>> (first + bit)) & 1) === 1);
  return { mask: `0x${mask.toString(16)}`, now: set(0), since_boot: set(16) };
}
