/** Decimals of a value with this uncertainty: two digits of it, because more would say what nobody knows. */
export function uncertainDigits(uncertainty: number): number {
  return uncertainty > 0 ? Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(uncertainty)))) : 3;
}
