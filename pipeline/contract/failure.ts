/**
 * Every way in which work can fail, as plain data. A renderer must handle each (`pipeline/ui/messages.ts`
 * is an exhaustive switch), so a new reason without a sentence for people does not compile.
 */
export type Failure =
  /** The worker told us what is wrong with its input or its result, in words for the user. */
  | {
      readonly reason: 'stage-error';
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly file?: string;
      readonly line?: number;
    }
  | {
      readonly reason: 'exit-nonzero';
      readonly exitCode: number;
      readonly stderrTail: readonly string[];
      /** What a command stage ran, a program of the user's; absent for workers, which are ours. */
      readonly program?: string;
    }
  | { readonly reason: 'signal'; readonly signal: string; readonly stderrTail: readonly string[] }
  | { readonly reason: 'timed-out'; readonly limitSeconds: number }
  /** No line on the protocol for this long. */
  | { readonly reason: 'no-heartbeat'; readonly limitSeconds: number }
  | { readonly reason: 'spawn-error'; readonly command: string; readonly message: string }
  | { readonly reason: 'protocol-violation'; readonly line: string; readonly problem: string }
  | { readonly reason: 'output-missing'; readonly output: string; readonly path: string }
  | { readonly reason: 'input-changed'; readonly path: string }
  /** The machine on which it ran could not be reached, or refused the work; the work itself may be fine. */
  | {
      readonly reason: 'executor-error';
      readonly executor: string;
      readonly message: string;
      readonly hint?: string;
    }
  | { readonly reason: 'device-lost'; readonly device: string; readonly message: string }
  | { readonly reason: 'store-error'; readonly path: string; readonly message: string }
  /** `dependency` is the instance at the root of it, not the next one up. */
  | { readonly reason: 'dependency-failed'; readonly dependency: string }
  /** It was its turn or would have been, when the run stopped. */
  | { readonly reason: 'not-started'; readonly because: 'another-failed' | 'aborted' }
  | { readonly reason: 'environment'; readonly message: string; readonly hint: string }
  | { readonly reason: 'aborted' };
