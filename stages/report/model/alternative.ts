/** A row in place of the choice under the same conditions. Ratios are its own figure divided by the choice's: above 1 it takes more. */
export interface Alternative {
  /** The row that was chosen. */
  readonly choice: string;
  readonly row: string;
  /** Its own minus the choice's: below 0 it is worse. Means over seeds. */
  readonly macro_f1_difference: number;
  readonly accuracy_difference: number;
  /** Of medians; null where timing does not count on either side. */
  readonly latency_ratio: number | null;
  /** Of gross energies per inference; null unless valid meters saw all that both drew. */
  readonly energy_ratio: number | null;
  /** Of peak resident sets; null on an emulated device, and where timing is INVALID. */
  readonly memory_ratio: number | null;
  readonly size_ratio: number;
  /** Whether none of its timing counts, so that it was not there to be chosen. */
  readonly is_invalid: boolean;
}
