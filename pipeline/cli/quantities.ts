const UNITS_OF_TIME: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

const UNITS_OF_SIZE: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Milliseconds of `30d`, `12h`, `1.5w`; null when it is none. A unit must be named. */
export function parseAge(text: string): number | null {
  return withUnit(text, UNITS_OF_TIME);
}

/** Bytes of `20GB`, `500 MB`, `1.5GiB`; null when it is none. A unit must be named. */
export function parseSize(text: string): number | null {
  return withUnit(text, UNITS_OF_SIZE);
}

function withUnit(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:\.\d+)?) ?([a-z]+)$/.exec(text.trim().toLowerCase());
  const unit = Object.entries(units).find(([name]) => name === match?.[2])?.[1];
  return match === null || unit === undefined ? null : Math.round(Number(match[1]) * unit);
}
