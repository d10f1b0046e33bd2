/** Fewest inferences with which a percentile of latencies holds at 99 % confidence (MLPerf LoadGen's early stopping). */
export const ENOUGH_FOR_P90 = 64;
export const ENOUGH_FOR_P99 = 662;
