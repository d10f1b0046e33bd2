import { PriorityQueue } from './priority-queue.js';
import type { Demand, Tokens } from './tokens.js';

/** Work that could start if there were tokens for it. */
export interface WaitingItem {
  /** Place in the graph's order: settles equal urgency, so that equal runs go alike. */
  readonly index: number;
  /** Seconds of work that cannot be done before this is, itself included. */
  readonly urgency: number;
}

interface Group<T> {
  readonly demand: Demand;
  readonly items: PriorityQueue<T>;
  /** How often less urgent work took what the first one here waits for. */
  passed: number;
}

function moreUrgent(a: WaitingItem, b: WaitingItem): boolean {
  return a.urgency === b.urgency ? a.index < b.index : a.urgency > b.urgency;
}

/**
 * Ready work by urgency. Items of equal demand wait in one group, of which only the first can be next: a look at all
 * waiting work is a look at the groups, and there are about as many of these as stages and devices.
 *
 * Less urgent work may use what more urgent work cannot yet, but only `patience` times: then what the urgent one needs
 * is set aside until it has it. Otherwise something that needs the whole machine would wait for ever behind small work.
 */
export class WaitingWork<T extends WaitingItem> {
  readonly #groups = new Map<string, Group<T>>();
  readonly #tokens: Tokens;
  readonly #patience: number;

  constructor(tokens: Tokens, patience: number) {
    this.#tokens = tokens;
    this.#patience = patience;
  }

  add(item: T, demand: Demand): void {
    let group = this.#groups.get(demand.signature);
    if (group === undefined) {
      group = { demand, items: new PriorityQueue<T>(moreUrgent), passed: 0 };
      this.#groups.set(demand.signature, group);
    }
    group.items.push(item);
  }

  /** Takes tokens for what can start now, the most urgent first; leave the loop to start no more. */
  *startable(): Generator<{ readonly item: T; readonly release: () => void }> {
    const order = new PriorityQueue<{ readonly first: T; readonly group: Group<T> }>((a, b) =>
      moreUrgent(a.first, b.first),
    );
    const enter = (group: Group<T>): void => {
      const first = group.items.peek();
      if (first !== undefined) order.push({ first, group });
    };
    for (const group of this.#groups.values()) enter(group);
    const blocked: Group<T>[] = [];
    const reservations: (() => void)[] = [];
    try {
      for (let next = order.pop(); next !== undefined; next = order.pop()) {
        const { first, group } = next;
        if (!this.#tokens.fits(group.demand)) {
          blocked.push(group);
          if (group.passed >= this.#patience) reservations.push(this.#tokens.take(group.demand));
          continue;
        }
        for (const other of blocked) {
          if (this.#tokens.delays(group.demand, other.demand)) other.passed += 1;
        }
        group.items.pop();
        group.passed = 0;
        const release = this.#tokens.take(group.demand);
        if (group.items.size === 0) this.#groups.delete(group.demand.signature);
        else enter(group);
        yield { item: first, release };
      }
    } finally {
      for (const release of reservations) release();
    }
  }
}
