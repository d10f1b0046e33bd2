/** One import as it is written. */
export interface SourceImport {
  readonly specifier: string;
  readonly line: number;
  readonly typeOnly: boolean;
}

/**
 * The imports of a TypeScript text: static, dynamic with a literal, re-exports, `require` and `import('x').Type`. What
 * stands in comments, strings and templates is not code and is not found.
 */
export function typescriptImports(text: string): SourceImport[] {
  return new TypescriptScanner(text).scan();
}

const BEFORE_SPECIFIER =
  /(?:\b(?:from|import)|\b(?:import|require)\s*\(|\bimport\s*\.\s*meta\s*\.\s*resolve\s*\()\s*$/;
const TYPE_STATEMENT = /\b(?:import|export)\s+type\s+(?!from\b)[^;]*$/;
/** A slash after one of these begins a regular expression; after anything else it divides. */
const BEFORE_PATTERN = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|delete))\s*$/;

class TypescriptScanner {
  readonly #text: string;
  readonly #found: SourceImport[] = [];
  /** The code read so far, strings and comments blanked. */
  #code = '';
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): SourceImport[] {
    this.#readCode(false);
    return this.#found;
  }

  /** Reads code to the end, or to the brace that closes a `${`. */
  #readCode(inTemplate: boolean): void {
    let depth = 0;
    while (this.#position < this.#text.length) {
      const character = this.#text.charAt(this.#position);
      const two = this.#text.slice(this.#position, this.#position + 2);
      if (two === '//') this.#skipTo('\n', 0);
      else if (two === '/*') this.#skipTo('*/', 2);
      else if (character === "'" || character === '"') this.#readString(character);
      else if (character === '`') this.#readTemplate();
      else if (character === '/' && BEFORE_PATTERN.test(this.#code.slice(-40))) this.#skipPattern();
      else if (inTemplate && character === '}' && depth === 0) return;
      else {
        if (character === '{') depth += 1;
        if (character === '}') depth -= 1;
        this.#code += character;
        this.#position += 1;
      }
    }
  }

  #skipTo(end: string, length: number): void {
    const found = this.#text.indexOf(end, this.#position + 2);
    this.#position = found < 0 ? this.#text.length : found + length;
    this.#code += ' ';
  }

  #readString(quote: string): void {
    const start = this.#position;
    this.#skipUntil(quote);
    if (BEFORE_SPECIFIER.test(this.#code.slice(-40))) {
      this.#found.push({
        specifier: this.#text.slice(start + 1, this.#position - 1),
        line: this.#text.slice(0, start).split('\n').length,
        typeOnly: TYPE_STATEMENT.test(this.#code.slice(lastStatement(this.#code))),
      });
    }
    // A semicolon-free style must not let one statement's keywords leak into the next.
    this.#code += '"";';
  }

  #skipUntil(quote: string): void {
    this.#position += 1;
    while (this.#position < this.#text.length) {
      const character = this.#text.charAt(this.#position);
      this.#position += character === '\\' ? 2 : 1;
      if (character === quote || (character === '\n' && quote !== '`')) return;
    }
  }

  #readTemplate(): void {
    this.#position += 1;
    while (this.#position < this.#text.length) {
      const character = this.#text.charAt(this.#position);
      if (character === '`') break;
      if (this.#text.startsWith('${', this.#position)) {
        this.#position += 2;
        this.#readCode(true);
      }
      this.#position += character === '\\' ? 2 : 1;
    }
    this.#position += 1;
    this.#code += '``';
  }

  #skipPattern(): void {
    let inClass = false;
    this.#position += 1;
    while (this.#position < this.#text.length) {
      const character = this.#text.charAt(this.#position);
      this.#position += character === '\\' ? 2 : 1;
      if (character === '[') inClass = true;
      if (character === ']') inClass = false;
      if (character === '\n' || (character === '/' && !inClass)) break;
    }
    this.#code += '0';
  }
}

function lastStatement(code: string): number {
  return Math.max(0, code.lastIndexOf('import'), code.lastIndexOf('export'));
}

/** The imports of a Python text; relative ones keep their dots, names after `from . import` follow the dot. */
export function pythonImports(text: string): SourceImport[] {
  const found: SourceImport[] = [];
  const code = text
    // Strings over several lines keep their line breaks, so that line numbers stay right.
    .replace(/("""|''')[\s\S]*?\1/g, (string) => string.replace(/[^\n]/g, ' '))
    .replace(/\\\n/g, ' \n')
    .split('\n');
  for (const [index, line] of code.entries()) {
    const add = (specifier: string) => found.push({ specifier, line: index + 1, typeOnly: false });
    const from = /^\s*from\s+(\.*)([\w.]*)\s+import\s+(.*)$/.exec(line);
    if (from !== null) {
      const [, dots = '', module = '', names = ''] = from;
      if (module !== '' || dots === '') add(dots + module);
      else for (const name of names.matchAll(/\b(?!as\b)[A-Za-z_]\w*/g)) add(dots + name[0]);
      continue;
    }
    const plain = /^\s*import\s+([^#]+)/.exec(line);
    for (const part of plain?.[1]?.split(',') ?? []) add(part.trim().split(/\s+/, 1)[0] ?? '');
    const dynamic = /\b(?:importlib\.import_module|__import__)\(\s*['"]([\w.]+)['"]/.exec(line);
    if (dynamic !== null) add(dynamic[1] ?? '');
  }
  return found;
}
