import type { StageNeeds } from '../contract/needs.js';

/** What the work that runs now holds: processor tokens of this machine and one lease a device. */
export class Tokens {
  readonly #capacity: number;
  #used = 0;
  readonly #leases = new Set<string>();

  constructor(cpuCapacity: number) {
    this.#capacity = cpuCapacity;
  }

  /** Takes what is needed, or nothing. A need above the capacity counts as all of it, so that it can run at all. */
  tryTake(needs: StageNeeds, device: string | undefined): (() => void) | null {
    const cpu = needs.cpu === 'all' ? this.#capacity : Math.min(needs.cpu, this.#capacity);
    if (this.#used + cpu > this.#capacity) return null;
    if (device !== undefined && this.#leases.has(device)) return null;
    this.#used += cpu;
    if (device !== undefined) this.#leases.add(device);
    return () => {
      this.#used -= cpu;
      if (device !== undefined) this.#leases.delete(device);
    };
  }
}
