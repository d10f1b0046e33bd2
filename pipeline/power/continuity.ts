const U16 = 2 ** 16;
const U32 = 2 ** 32;

/** Where a sample stands once counters that start again are counted on. */
export interface Place {
  /** Seconds of the meter's clock, counted on; 0 at the first sample's own reading. */
  readonly t_s: number;
  /** Samples that are missing right before this one. */
  readonly missing: number;
  /** Whether the meter began anew (a reset): sequence and time say nothing about what was before. */
  readonly restarted: boolean;
}

/** How much longer than the host's clock says a gap may be before the meter is taken to have begun anew, seconds and relative. */
const SLACK_S = 60;
const SLACK = 0.1;

/**
 * Counts a 16-bit sequence and a 32-bit clock of microseconds on over their ends (10.9 and 71.6 minutes at 100 blocks a second).
 * The host's clock only chooses how many times the clock began again during a gap.
 */
export class Continuity {
  readonly #periodUs: number;
  #last: { seq: number; tUs: number; hostS: number } | null = null;
  #totalUs = 0;

  /** @param periodUs time from one sequence number to the next; 0 where there is none, as between edges. */
  constructor(periodUs: number) {
    this.#periodUs = periodUs;
  }

  place(seq: number, tUs: number, hostS: number): Place {
    const last = this.#last;
    this.#last = { seq, tUs, hostS };
    if (last === null) {
      this.#totalUs = tUs;
      return { t_s: tUs / 1e6, missing: 0, restarted: false };
    }
    const ofHost = (hostS - last.hostS) * 1e6;
    const short = (tUs - last.tUs + U32) % U32;
    const wraps = Math.max(0, Math.round((ofHost - short) / U32));
    const elapsed = short + wraps * U32;
    // A clock that went back looks like a long gap of which the host saw nothing.
    if (elapsed > ofHost * (1 + SLACK) + SLACK_S * 1e6) {
      this.#totalUs += Math.max(ofHost, 0);
      return { t_s: this.#totalUs / 1e6, missing: 0, restarted: true };
    }
    this.#totalUs += elapsed;
    const steps = (seq - last.seq + U16) % U16;
    const lost = this.#periodUs === 0 ? 0 : Math.max(0, elapsed / this.#periodUs - steps);
    const missing = steps + Math.round(lost / U16) * U16 - 1;
    return { t_s: this.#totalUs / 1e6, missing: Math.max(0, missing), restarted: false };
  }
}
