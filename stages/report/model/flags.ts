/** What to know of a row before its figures; nothing to know where empty. */
export interface RowFlags {
  /** Of `results`. */
  readonly row: string;
  readonly flags: readonly Flag[];
}

export interface Flag {
  /**
   * `invalid`: timing of some or all seeds does not count; `invalid-energy`: their energy does not; `emulated`: time, memory and
   * processor use mean nothing; `partial-test`: a part of the test split was scored; `partial-energy`: a meter saw a part of what the board
   * drew, or none; `short-energy`: its windows are too short to publish its energy; `not-timed`: answers alone were wanted of some seeds; `host-answers`: another machine gave the answers;
   * `not-judged`: no gate looked at some seeds; `missing-seeds`: others have seeds that it has not; `one-seed`: nothing is known of the spread over seeds.
   */
  readonly kind:
    | 'invalid'
    | 'invalid-energy'
    | 'emulated'
    | 'partial-test'
    | 'partial-energy'
    | 'short-energy'
    | 'not-timed'
    | 'host-answers'
    | 'not-judged'
    | 'missing-seeds'
    | 'one-seed';
  readonly text: string;
}
