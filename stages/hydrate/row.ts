/** One line of rows.jsonl, see docs/reference/artifacts.md. */
export type Row = Readonly<Record<'id' | 'language' | 'filtering' | 'polarity', string>> & {
  readonly text: string | null;
};

/** Whether the study would use this row if it had a text. */
export function isWanted({ text, language, filtering, polarity }: Row, wantedLanguage: string): boolean {
  return text === null && language === wantedLanguage && filtering === 'RELATED' && polarity !== '';
}
