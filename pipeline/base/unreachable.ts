/** Makes a switch exhaustive at compile time; reaching it at run time is a bug of ours. */
export function unreachable(value: never): never {
  throw new Error(`Internal error: unexpected value ${JSON.stringify(value)}`);
}
