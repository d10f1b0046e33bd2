/** Exit codes of every command; documented in docs/reference/cli.md. */
export const EXIT = {
  ok: 0,
  /** A stage failed. */
  failed: 1,
  /** The command line or pipeline.yaml is wrong; nothing was run. */
  usage: 2,
  /** `plan --check`: something would run. */
  wouldRun: 3,
  /** Ended by Ctrl-C or SIGTERM. */
  aborted: 130,
} as const;
