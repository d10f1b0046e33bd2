import { err, ok, type Result } from '../base/result.js';
import type { BenchMeasure } from '../contract/bench.js';

/** Carries the error out of the middle of a measure to `measureCases`. */
export class BenchFailure extends Error {}

export function orThrow<T>(result: Result<T, string>): T {
  if (!result.ok) throw new BenchFailure(result.error);
  return result.value;
}

/** Measures one case after the other; `onMeasured` is called after each, so that a failure of the next one takes nothing away. */
export async function measureCases<Case>(
  cases: readonly Case[],
  measure: (one: Case) => Promise<readonly BenchMeasure[]>,
  onMeasured: ((measures: readonly BenchMeasure[]) => void) | undefined,
): Promise<Result<readonly BenchMeasure[], string>> {
  try {
    const measures: BenchMeasure[] = [];
    for (const each of cases) {
      const measured = await measure(each);
      onMeasured?.(measured);
      measures.push(...measured);
    }
    return ok(measures);
  } catch (error) {
    if (error instanceof BenchFailure) return err(error.message);
    throw error;
  }
}
