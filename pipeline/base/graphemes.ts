let segmenter: Intl.Segmenter | undefined;

export interface Grapheme {
  readonly segment: string;
  /** Offset in the text, in UTF-16 code units. */
  readonly index: number;
}

/** V8 keeps a copy of the whole text for each grapheme of it: a line of 100 kB would take 10 GB. */
const CHUNK = 512;

/**
 * What a person sees as single characters. The segmenter is made at first need: its tables take 20 ms to load. A grapheme
 * of more than 512 code units comes in parts.
 */
export function* graphemesOf(text: string): Generator<Grapheme> {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  let start = 0;
  while (start < text.length) {
    const isPairCut = /[\uD800-\uDBFF]/.test(text.charAt(start + CHUNK - 1));
    const end = start + CHUNK + (isPairCut ? 1 : 0);
    const graphemes = [...segmenter.segment(text.slice(start, end))];
    // The last one of a chunk may go on in the next.
    const last = graphemes.length > 1 && end < text.length ? graphemes.pop() : undefined;
    for (const { segment, index } of graphemes) yield { segment, index: start + index };
    start = last === undefined ? end : start + last.index;
  }
}

/** East Asian wide and fullwidth blocks (Unicode Standard Annex 11), and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]|\p{Emoji}\ufe0f/u;
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** Columns that one grapheme takes in a terminal: 0, 1 or 2. */
export function graphemeWidth(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
