import { type CleaningStep, steps } from './steps.js';

export type RulesName = 'light' | 'paper';

const normalize = [steps.unescapeHtml, steps.loneSurrogates, steps.invisible, steps.nfc, steps.urls] as const;

/**
 * The steps in their order. Invisible characters go before URLs are looked for, since they may hide in one;
 * spaces come last, since the other steps leave some behind. `paper` normalizes again because joining a word over its
 * apostrophe may bring letters together that compose.
 *
 * `paper` follows the study, section on data: "we remove redundant spaces, symbols, emojis, URL links, and
 * punctuation marks". `light` keeps what WordPiece has pieces for.
 */
export const RULES: Readonly<Record<RulesName, readonly CleaningStep[]>> = {
  light: [...normalize, steps.spaces],
  paper: [...normalize, steps.emojis, steps.symbols, steps.punctuation, steps.nfc, steps.spaces],
};

/** Applies all steps of the rules; any string goes in, valid UTF-16 comes out. */
export function cleanText(text: string, rules: RulesName): string {
  return RULES[rules].reduce((cleaned, step) => step.apply(cleaned), text);
}
