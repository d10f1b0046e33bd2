/**
 * The official accuracy of RepLab 2013: the share of right answers in each group, here entities, and of these the
 * unweighted mean. A row without an answer is wrong. Null where rows are not of at least two groups.
 *
 * @param groups the group of each row
 * @param truth the class of each row
 * @param predicted the answer to each row; undefined where there is none
 */
export function groupAccuracy(
  groups: readonly string[],
  truth: ArrayLike<number>,
  predicted: ArrayLike<number | undefined>,
): number | null {
  const counts = new Map<string, { right: number; rows: number }>();
  for (const [row, group] of groups.entries()) {
    const own = counts.get(group) ?? { right: 0, rows: 0 };
    own.rows += 1;
    if (predicted[row] === truth[row]) own.right += 1;
    counts.set(group, own);
  }
  if (counts.size < 2) return null;
  return [...counts.values()].reduce((sum, { right, rows }) => sum + right / rows, 0) / counts.size;
}
