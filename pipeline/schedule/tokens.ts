import type { StageNeeds } from '../contract/needs.js';
import type { Instance } from '../contract/plan.js';

/** What this machine has. A member that is absent is not counted. */
export interface Capacity {
  readonly cpu: number;
  readonly gpu?: number;
  /** Bytes. */
  readonly memory?: number;
}

/** Executor name to how many attempts it takes at a time; `tokens`, or no entry: it works on this machine's tokens. */
export type ExecutorSlots = Readonly<Record<string, number | 'tokens'>>;

/** What an instance holds while it runs: the definition's needs, with those in pipeline.yaml in their place. */
export function needsOf(instance: Instance): StageNeeds {
  const own = 'blocked' in instance.resolved ? { cpu: 1 } : instance.resolved.needs;
  return { ...own, ...instance.stage.needs };
}

/** Amounts by resource, for example `cpu`, `device:rpi4b`, `mutex:licence`, `executor:cluster`. */
export interface Demand {
  readonly amounts: ReadonlyMap<string, number>;
  /** Equal for equal amounts. */
  readonly signature: string;
}

/**
 * Counts what is held, as one set of counted resources: a mutex and a device are resources of which there is one.
 * A need above what there is counts as all of it, so that it can run at all.
 */
export class Tokens {
  readonly #capacity: Capacity;
  readonly #slots: ExecutorSlots;
  readonly #held = new Map<string, number>();

  constructor(capacity: Capacity, slots: ExecutorSlots = {}) {
    this.#capacity = capacity;
    this.#slots = slots;
  }

  demandOf(instance: Instance): Demand {
    const needs = needsOf(instance);
    const { executor } = instance.stage;
    const device = 'blocked' in instance.resolved ? undefined : instance.resolved.device;
    const wanted: [string, number][] = [];
    const slots = executor === undefined ? 'tokens' : (this.#slots[executor] ?? 'tokens');
    if (slots === 'tokens') {
      wanted.push(['cpu', needs.cpu === 'all' ? Number.POSITIVE_INFINITY : needs.cpu]);
      wanted.push(['gpu', needs.gpu ?? 0], ['memory', needs.memory ?? 0]);
    } else wanted.push([`executor:${executor}`, 1]);
    // A mutex may be a licence server and a device is one board, wherever the worker is.
    for (const name of [...(needs.mutex ?? [])].sort()) wanted.push([`mutex:${name}`, 1]);
    if (device !== undefined) wanted.push([`device:${device}`, 1]);
    const amounts = new Map<string, number>();
    for (const [resource, amount] of wanted) {
      const total = this.#total(resource);
      if (amount > 0 && total !== undefined && total > 0) amounts.set(resource, Math.min(amount, total));
    }
    return { amounts, signature: JSON.stringify([...amounts]) };
  }

  fits(demand: Demand): boolean {
    for (const [resource, amount] of demand.amounts) if (this.#lacks(resource, amount)) return false;
    return true;
  }

  /** Whether one takes anything that the other waits for. */
  delays(taken: Demand, waiting: Demand): boolean {
    for (const [resource, amount] of waiting.amounts) {
      if (taken.amounts.has(resource) && this.#lacks(resource, amount)) return true;
    }
    return false;
  }

  /** Takes it, whether it fits or not: what does not fit is set aside for work that will start as soon as it does. */
  take(demand: Demand): () => void {
    for (const [resource, amount] of demand.amounts) this.#add(resource, amount);
    return () => {
      for (const [resource, amount] of demand.amounts) this.#add(resource, -amount);
    };
  }

  #lacks(resource: string, amount: number): boolean {
    return (this.#held.get(resource) ?? 0) + amount > (this.#total(resource) ?? 0) + ROUNDING;
  }

  #add(resource: string, amount: number): void {
    const held = (this.#held.get(resource) ?? 0) + amount;
    if (held > ROUNDING) this.#held.set(resource, held);
    else this.#held.delete(resource);
  }

  /** Undefined: not counted. */
  #total(resource: string): number | undefined {
    if (resource === 'cpu' || resource === 'gpu' || resource === 'memory') return this.#capacity[resource];
    if (!resource.startsWith('executor:')) return 1;
    const slots = this.#slots[resource.slice('executor:'.length)];
    return typeof slots === 'number' && Number.isFinite(slots) ? Math.max(1, slots) : undefined;
  }
}

/** Parts of a processor may be asked for, and sums of such numbers are not exact. */
const ROUNDING = 1e-9;
