/**
 * The host's clock of recordings: seconds since 1970 when this process began, and the monotonic clock from there. A correction of the
 * system's time does not make it jump; who maps the meter's clock to the host's must read this one.
 */
export function hostClock(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}
