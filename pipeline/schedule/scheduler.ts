import type { Outcome } from '../contract/event.js';
import type { Instance } from '../contract/plan.js';
import type { RunRecord } from '../contract/store.js';
import { Bell } from './bell.js';
import { criticalPaths } from './critical-path.js';
import { blockedOutcome, linkedNodes, type Node, skipped } from './node.js';
import type {
  Execution,
  RunDecision,
  ScheduleCounts,
  ScheduleOptions,
  SchedulePorts,
  Upstream,
} from './ports.js';
import { retryDelay } from './retry.js';
import { Tokens } from './tokens.js';
import { WaitingWork } from './waiting-work.js';

export type * from './ports.js';
export type { Capacity, ExecutorSlots } from './tokens.js';

/**
 * Runs instances as their inputs come to be, those with the longest work behind them first. Each gets exactly one
 * outcome. Time and memory grow with instances plus dependencies.
 *
 * @param instances in graph order; what they read is among them or in `done`.
 */
export async function runSchedule(
  instances: readonly Instance[],
  ports: SchedulePorts,
  options: ScheduleOptions,
): Promise<ScheduleCounts> {
  const schedule = new Schedule(instances, ports, options);
  const { signal } = options;
  const abort = (): void => schedule.abort();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await schedule.run();
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

interface Ready extends Pick<Node, 'index' | 'urgency'> {
  readonly node: Node;
  readonly decision: RunDecision;
}

/** An attempt that failed and will be made again. */
interface Pause {
  readonly timer: NodeJS.Timeout;
  readonly outcome: Outcome;
}

class Schedule {
  readonly #ports: SchedulePorts;
  readonly #options: ScheduleOptions;
  readonly #counts: ScheduleCounts = { ran: 0, reused: 0, restored: 0, failed: 0, skipped: 0 };
  readonly #nodes: readonly Node[];
  readonly #records: Map<string, RunRecord>;
  readonly #tokens: Tokens;
  readonly #waiting: WaitingWork<Ready>;
  readonly #bell = new Bell();
  /** Ends the attempts: on an abort from outside, a failure with `fail-fast`, and a bug of ours. */
  readonly #attempts = new AbortController();
  readonly #paused = new Map<Node, Pause>();
  /** Nodes of which all that they read is done, and how far they are looked at. */
  #settled = 0;
  readonly #settling: Node[];
  #arrived: { readonly node: Node; readonly decision: RunDecision }[] = [];
  #running = 0;
  #failed = false;
  #prioritised = false;
  #crash: { readonly error: unknown } | null = null;

  constructor(instances: readonly Instance[], ports: SchedulePorts, options: ScheduleOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#records = new Map(options.done);
    this.#tokens = new Tokens(options.capacity, options.slots);
    this.#waiting = new WaitingWork(this.#tokens, Math.max(1, options.capacity.cpu));
    this.#nodes = linkedNodes(instances);
    this.#settling = this.#nodes.filter((node) => node.unmet === 0);
  }

  abort(): void {
    this.#attempts.abort();
    this.#bell.ring();
  }

  async run(): Promise<ScheduleCounts> {
    try {
      for (;;) {
        await this.#settle();
        if (this.#stopping) this.#endPauses();
        else this.#startWhatFits();
        if (this.#running === 0 && this.#paused.size === 0) break;
        await this.#bell.rung();
        if (this.#crash !== null) throw this.#crash.error;
      }
    } catch (error) {
      // Nobody else would wait for them: no worker may go on after its engine has given up.
      this.#crash ??= { error };
      this.#attempts.abort();
      for (const { timer } of this.#paused.values()) clearTimeout(timer);
      while (this.#running > 0) await this.#bell.rung();
      throw error;
    }
    const because = this.#aborted ? 'aborted' : 'another-failed';
    for (const node of this.#nodes) {
      if (!node.ended) this.#end(node, skipped({ reason: 'not-started', because }));
    }
    return this.#counts;
  }

  get #aborted(): boolean {
    return this.#options.signal.aborted;
  }

  get #stopping(): boolean {
    if (this.#crash !== null || this.#aborted) return true;
    return this.#failed && this.#options.onFailure !== 'keep-going';
  }

  /** Decides on all whose inputs have come to be; what is reused lets others follow at once. */
  async #settle(): Promise<void> {
    while (this.#settled < this.#settling.length && !this.#aborted) {
      const node = this.#settling[this.#settled] as Node;
      this.#settled += 1;
      const { instance } = node;
      const decision = this.#ports.decide(instance, (id, output) => {
        const artifact = this.#upstream(id).outputs[output];
        if (artifact === undefined) throw new Error(`Internal error: ${id} has no output ${output}`);
        return artifact;
      });
      if (decision.action === 'blocked') {
        this.#fail(node, blockedOutcome(decision.reasons));
      } else if (decision.action === 'run') this.#arrived.push({ node, decision });
      else {
        const started = performance.now();
        if (decision.action === 'restore' && !(await this.#ports.restore(instance, decision.record))) {
          this.#settling.push(node);
          continue;
        }
        const outcome: Outcome = {
          status: decision.action === 'restore' ? 'restored' : 'reused',
          planned: decision.action,
          key: decision.key,
          seconds: (performance.now() - started) / 1000,
          summary: decision.record.summary,
          ...(decision.record.accepted === undefined ? {} : { accepted: decision.record.accepted }),
        };
        this.#succeed(node, outcome, decision.record);
        // Many large files may be copied here: signals, events and the ends of workers must come through meanwhile.
        if (decision.action === 'restore') await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  #startWhatFits(): void {
    if (this.#arrived.length > 0 && !this.#prioritised) this.#prioritise();
    for (const { node, decision } of this.#arrived) this.#wait(node, decision);
    this.#arrived = [];
    for (const { item, release } of this.#waiting.startable()) {
      this.#start(item, release);
      if (this.#stopping) return;
    }
  }

  /** Only now, when it is known that something runs, so that a run with nothing to do reads no past. */
  #prioritise(): void {
    this.#prioritised = true;
    const paths = criticalPaths(
      this.#nodes.map((node) => node.instance),
      (instance) => this.#records.get(instance.id)?.wall_seconds ?? this.#ports.expectedSeconds(instance),
    );
    for (const node of this.#nodes) node.urgency = paths.get(node.instance.id) ?? 0;
  }

  #wait(node: Node, decision: RunDecision): void {
    const { index, urgency, instance } = node;
    this.#waiting.add({ index, urgency, node, decision }, this.#tokens.demandOf(instance));
  }

  #start({ node, decision }: Ready, release: () => void): void {
    const { instance } = node;
    node.attempt += 1;
    this.#running += 1;
    this.#ports.emit({
      type: 'instance-started',
      instance: instance.id,
      reasons: decision.reasons,
      log: this.#ports.logPath(instance),
    });
    void this.#attempt(node, decision).finally(() => {
      this.#running -= 1;
      release();
      this.#bell.ring();
    });
  }

  async #attempt(node: Node, decision: RunDecision): Promise<void> {
    try {
      const attempt = { attempt: node.attempt, signal: this.#attempts.signal };
      const upstream: Upstream = (id) => this.#upstream(id);
      this.#attempted(node, decision, await this.#ports.execute(node.instance, decision, upstream, attempt));
    } catch (error) {
      this.#crash ??= { error };
    }
  }

  #attempted(node: Node, decision: RunDecision, { outcome: made, record }: Execution): void {
    const outcome: Outcome = { ...made, attempts: node.attempt };
    if (record !== undefined) {
      this.#succeed(node, outcome, record);
      return;
    }
    const { retries } = node.instance.stage;
    const { failure } = outcome;
    const delaySeconds = this.#stopping ? null : retryDelay(retries, failure, node.attempt);
    if (delaySeconds === null || retries === undefined || failure === undefined) {
      this.#fail(node, outcome);
      return;
    }
    const timer = setTimeout(() => {
      this.#paused.delete(node);
      this.#wait(node, decision);
      this.#bell.ring();
    }, delaySeconds * 1000);
    this.#paused.set(node, { timer, outcome });
    this.#ports.emit({
      type: 'instance-retrying',
      instance: node.instance.id,
      attempt: node.attempt + 1,
      of: retries.count + 1,
      failure,
      delaySeconds,
    });
  }

  /** No attempt follows any more: the failure that was to be mended stands. */
  #endPauses(): void {
    for (const [node, { timer, outcome }] of this.#paused) {
      clearTimeout(timer);
      this.#fail(node, outcome);
    }
    this.#paused.clear();
  }

  #succeed(node: Node, outcome: Outcome, record: RunRecord): void {
    this.#end(node, outcome);
    this.#records.set(node.instance.id, record);
    for (const reader of node.readers) {
      reader.unmet -= 1;
      if (reader.unmet === 0 && !reader.ended) this.#settling.push(reader);
    }
  }

  /** Ends it and all that cannot be without it. */
  #fail(node: Node, outcome: Outcome): void {
    this.#end(node, outcome);
    this.#failed = true;
    if (this.#options.onFailure === 'fail-fast') this.#attempts.abort();
    const dependency = node.instance.id;
    const lost = [node];
    for (let next = lost.pop(); next !== undefined; next = lost.pop()) {
      for (const reader of next.readers) {
        if (reader.ended) continue;
        this.#end(reader, skipped({ reason: 'dependency-failed', dependency }));
        lost.push(reader);
      }
    }
  }

  #end(node: Node, outcome: Outcome): void {
    node.ended = true;
    this.#counts[outcome.status] += 1;
    this.#ports.emit({ type: 'instance-finished', instance: node.instance.id, outcome });
  }

  #upstream(id: string): RunRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new Error(`Internal error: ${id} is not done`);
    return record;
  }
}
