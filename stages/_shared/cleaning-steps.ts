/**
 * The steps in their order, which does not change. Invisible characters go before URLs are looked for, since they may hide in one;
 * URLs before hashtags, since a URL may hold one; spaces last, since the other steps leave some behind.
 */
export const STEP_NAMES = [
  'unescape-html',
  'lone-surrogates',
  'invisible',
  'nfc',
  'urls',
  'mentions',
  'hashtags',
  'cashtags',
  'emojis',
  'symbols',
  'punctuation',
  'spaces',
] as const;

export type StepName = (typeof STEP_NAMES)[number];
export type RulesName = 'light' | 'paper';

const LIGHT: readonly StepName[] = ['unescape-html', 'lone-surrogates', 'invisible', 'nfc', 'urls', 'spaces'];

/**
 * `paper` follows the study, section on data: "we remove redundant spaces, symbols, emojis, URL links, and punctuation marks".
 * `light` keeps what WordPiece has pieces for.
 */
export const RULES: Readonly<Record<RulesName, readonly StepName[]>> = {
  light: LIGHT,
  paper: [...LIGHT, 'emojis', 'symbols', 'punctuation'],
};

/** Without it what is written would not be valid UTF-8. */
export const ALWAYS_ON: StepName = 'lone-surrogates';

/** What a user switches on or off, beside what the rules say. */
export type StepSwitches = Readonly<Partial<Record<StepName, boolean>>>;

/** The steps that are taken, in their order. */
export function stepsOf(rules: RulesName, switches: StepSwitches = {}): readonly StepName[] {
  return STEP_NAMES.filter((name) => name === ALWAYS_ON || (switches[name] ?? RULES[rules].includes(name)));
}
