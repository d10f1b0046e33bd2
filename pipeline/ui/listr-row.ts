import {
  type DefaultRenderer,
  type ListrTask,
  ListrTaskState,
  type ListrTaskWrapper,
  type SimpleRenderer,
} from 'listr2';

type Wrapper = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;
export type RowTask = ListrTask<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** listr2 leaves a row out whose title is blank; one without a title would be drawn. */
const HIDDEN = ' ';

type Ending = 'completed' | 'failed' | 'skipped';

/**
 * One line of listr2, driven from outside. Its task only waits: `begin` and `end` resolve what it waits for. Both
 * may be called at any time, also before listr2 has started the task.
 */
export class ListrRow {
  #wrapper: Wrapper | null = null;
  #title: string;
  #begun = false;
  #listsChildren = false;
  readonly #children: readonly ListrRow[];
  #ending: Ending | null = null;
  readonly #start = deferred();
  readonly #finish = deferred();

  constructor(title: string, children: readonly ListrRow[] = []) {
    this.#title = title;
    this.#children = children;
  }

  get ended(): boolean {
    return this.#ending !== null;
  }

  task(): RowTask {
    return { title: this.#title || HIDDEN, task: (_context, wrapper) => this.#run(wrapper) };
  }

  /** Draws another text; an empty one hides the row. */
  show(title: string): void {
    if (title === this.#title) return;
    this.#title = title;
    if (this.#wrapper !== null) this.#wrapper.title = title || HIDDEN;
  }

  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#setState(ListrTaskState.STARTED);
    this.#start.resolve();
  }

  /** The row is final; later calls change nothing. */
  end(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    this.begin();
    this.#endOverChildren(ending);
    this.#finish.resolve();
    for (const child of this.#children) child.end('completed');
  }

  /** A row that shows others below it ends when they do, and would be as well as they are. */
  #endOverChildren(ending: Ending): void {
    if (!this.#listsChildren) return;
    if (ending === 'skipped') this.#wrapper?.skip(this.#title);
    if (ending === 'failed') this.#setState(ListrTaskState.FAILED);
  }

  async #run(wrapper: Wrapper): Promise<unknown> {
    this.#wrapper = wrapper;
    wrapper.title = this.#title || HIDDEN;
    // listr2 has no task that is listed but not started: all of ours are, so that they can wait at once.
    if (!this.#begun) this.#setState(ListrTaskState.WAITING);
    await this.#start.promise;
    if (this.#children.length > 0 && this.#ending === null) {
      const rows = this.#children.map((child) => child.task());
      this.#listsChildren = true;
      // Ends when the last child has, which is when this row was told to.
      return wrapper.newListr(rows, { concurrent: true, exitOnError: false });
    }
    await this.#finish.promise;
    if (this.#ending === 'skipped') wrapper.skip(this.#title);
    if (this.#ending === 'failed') throw new Error(this.#title);
    return undefined;
  }

  #setState(state: ListrTaskState): void {
    if (this.#wrapper !== null) this.#wrapper.task.state$ = state;
  }
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
}

function deferred(): Deferred {
  let settle: () => void = () => {};
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: () => settle() };
}
