import type { Content } from './html.js';
import { textPieces } from './plain-text.js';

const COMMANDS: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\char34{}',
  '`': '\\textasciigrave{}',
  // An argument of the line end before it, were they bare.
  '[': '{[}',
  '*': '{*}',
  '\u00a0': '~',
  '\u202f': '\\,',
  '–': '\\textendash{}',
  '—': '\\textemdash{}',
  '‘': '\\textquoteleft{}',
  '’': "'",
  '“': '\\textquotedblleft{}',
  '”': '\\textquotedblright{}',
  '…': '\\ldots{}',
  '•': '\\textbullet{}',
  '†': '\\textdagger{}',
  '−': '$-$',
  '±': '$\\pm$',
  '×': '$\\times$',
  '·': '$\\cdot$',
  '÷': '$\\div$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '≠': '$\\neq$',
  '≈': '$\\approx$',
  '∞': '$\\infty$',
  '√': '$\\surd$',
  '°': '$^\\circ$',
  '↓': '$\\downarrow$',
  '↑': '$\\uparrow$',
  '→': '$\\rightarrow$',
  '←': '$\\leftarrow$',
  '⁻': '$^{-}$',
};
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉';
const GREEK: Readonly<Record<string, string>> = {
  α: 'alpha',
  β: 'beta',
  γ: 'gamma',
  δ: 'delta',
  Δ: 'Delta',
  ε: 'epsilon',
  η: 'eta',
  κ: 'kappa',
  λ: 'lambda',
  μ: 'mu',
  µ: 'mu',
  π: 'pi',
  ρ: 'rho',
  σ: 'sigma',
  Σ: 'Sigma',
  τ: 'tau',
  φ: 'phi',
  χ: 'chi',
  Ω: 'Omega',
  ω: 'omega',
};

function characterOf(character: string): string {
  const command = COMMANDS[character];
  if (command !== undefined) return command;
  const superscript = SUPERSCRIPTS.indexOf(character);
  if (superscript >= 0) return `$^{${superscript}}$`;
  const subscript = SUBSCRIPTS.indexOf(character);
  if (subscript >= 0) return `$_{${subscript}}$`;
  const greek = GREEK[character];
  if (greek !== undefined) return `$\\${greek}$`;
  // Letters of western and central Europe, which LaTeX's own fonts have.
  if (/^[ -~À-ÖØ-öø-ńŇňŐ-śŞ-ţŤťŮ-űŸ-ž]$/.test(character)) return character;
  if (/^\s$/.test(character)) return ' ';
  const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `{[}U+${point}]`;
}

/** A word that has no space for so long may be broken after these, or it would stand out of its column. */
const LONG_WORD = 20;
/** Nothing in it is special: most cells are numbers. */
const PLAIN_WORD = /^[A-Za-z0-9.]{1,20}$/;

/**
 * Text for LaTeX: what is special there is escaped, signs that its fonts lack are commands, and what it cannot set at all is written out
 * as `[U+1F697]`. Needs no package.
 */
export function latexText(text: string): string {
  return text
    .split(/(\s+)/)
    .map((word) => {
      if (PLAIN_WORD.test(word)) return word;
      const characters = [...word];
      const isLong = characters.length > LONG_WORD;
      const latex = characters.map(characterOf);
      return latex
        .map((own, index) => {
          // `--set` is an option and no dash, and two apostrophes are no quotation mark.
          const isLigature = latex[index - 1] === own && /^[-',]$/.test(own);
          const mayBreak = isLong && /[,=@/_:.+-]/.test(characters[index] ?? '');
          return `${isLigature ? '{}' : ''}${own}${mayBreak ? '\\allowbreak{}' : ''}`;
        })
        .join('');
    })
    .join('');
}

/** What a cell or a caption shows, its code in typewriter. */
export function latexOf(content: Content): string {
  return textPieces(content)
    .map(({ text, isCode }) => (isCode && text !== '' ? `\\texttt{${latexText(text)}}` : latexText(text)))
    .join('')
    .trim();
}
