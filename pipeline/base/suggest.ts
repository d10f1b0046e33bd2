/**
 * Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, substitutions and swaps of
 * neighbours each cost 1. F. Damerau, "A technique for computer detection and correction of spelling errors", 1964.
 */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The candidate that was most likely meant, or undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase().replaceAll('_', '-').slice(0, 80);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(lower, candidate.toLowerCase().replaceAll('_', '-'));
    const allowed = Math.max(1, Math.floor(Math.max(lower.length, candidate.length) / 3));
    // A word that shares nothing with the candidate (`3` and `4`) is not a misspelling of it.
    const isRelated = distance < Math.max(lower.length, candidate.length);
    if (distance <= allowed && isRelated && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The hint after an unknown word: what was probably meant, else what is known. */
export function suggestion(word: string, candidates: Iterable<string>, known: string): string {
  const words = [...candidates];
  const near = nearest(word, words);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (words.length === 0) return `there are no ${known}`;
  const shown = words.slice(0, 12).join(', ');
  return `${known}: ${shown}${words.length > 12 ? `, and ${words.length - 12} more` : ''}`;
}
