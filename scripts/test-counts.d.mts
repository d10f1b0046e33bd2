/** What a runner said, in one shape; `skipped` are names of tests, `failed` too, each with the first line of why. */
export interface Counts {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

export function nothing(): Counts;
/** Of a step without tests, which counts only when it fails. */
export function status(exitCode: number, name: string): Counts;
/** A runner that fails without a failed test (a file that cannot be loaded, a crash) must not look like a pass. */
export function atLeastOneFailure(counts: Counts, exitCode: number, name: string): Counts;
export function addCounts(a: Counts, b: Counts): Counts;
/** A line for each failure and, as the last one, `N passed, N failed, N skipped`. */
export function summary(counts: Counts): string;
/** Reads vitest's JSON report. A file that could not be loaded has no tests, and counts as one failure. */
export function countVitest(report: VitestReport, root: string): Counts;
/** Reads pytest's JUnit report. Errors outside of a test (collection, fixtures) are failures. */
export function countPytest(xml: string): Counts;
/** Skipped tests that no entry names; an entry that ends in `*` names all that begin like it. */
export function unlistedSkips(
  skipped: readonly string[],
  allowed: Readonly<Record<string, string>>,
): string[];
