/** What an instance holds while it runs. */
export interface StageNeeds {
  /** Processor tokens while it runs; `all` keeps everything else off this machine (measurements on it). */
  readonly cpu: number | 'all';
  /** Graphics processors. */
  readonly gpu?: number;
  /** Main memory, bytes. */
  readonly memory?: number;
  /** Names of which only one holder runs at a time. */
  readonly mutex?: readonly string[];
}
