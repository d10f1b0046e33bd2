/** A formula as printed: numbers, names (`CPU%` is one), + - * / and brackets. */
export type Formula =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | {
      readonly kind: 'sum' | 'difference' | 'product' | 'quotient';
      readonly left: Formula;
      readonly right: Formula;
    };

const TOKEN = /\s*(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|[A-Za-z][\w-]*%?|[-+*/()=])(?:\[[^\]]*\])?/y;

/** What stands right of `=`, or all of it; remarks in brackets behind it are passed over. Null where it is no formula. */
export function parseFormula(text: string): Formula | null {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    tokens.push(match[1] ?? '');
    end = TOKEN.lastIndex;
  }
  const equals = tokens.indexOf('=');
  const parser = new Parser(tokens.slice(equals + 1));
  const formula = parser.sum();
  if (formula === null) return null;
  const isWhole = parser.isDone ? text.slice(end).trim() === '' : parser.rest === '(';
  return isWhole ? formula : null;
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get isDone(): boolean {
    return this.#at >= this.#tokens.length;
  }

  get rest(): string | undefined {
    return this.#tokens[this.#at];
  }

  sum(): Formula | null {
    return this.#chain({ '+': 'sum', '-': 'difference' }, () =>
      this.#chain({ '*': 'product', '/': 'quotient' }, () => this.#atom()),
    );
  }

  #chain(
    kinds: Readonly<Record<string, 'sum' | 'difference' | 'product' | 'quotient'>>,
    next: () => Formula | null,
  ): Formula | null {
    let left = next();
    for (
      let kind = kinds[this.rest ?? ''];
      left !== null && kind !== undefined;
      kind = kinds[this.rest ?? '']
    ) {
      this.#at += 1;
      const right = next();
      left = right === null ? null : { kind, left, right };
    }
    return left;
  }

  #atom(): Formula | null {
    const token = this.rest;
    if (token === undefined) return null;
    this.#at += 1;
    if (token === '(') {
      const inner = this.sum();
      if (this.rest !== ')') return null;
      this.#at += 1;
      return inner;
    }
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) };
    return /^[A-Za-z]/.test(token) ? { kind: 'name', name: token } : null;
  }
}

/** Which way the value goes when a name grows: 1 up, -1 down; a name may do both. All quantities are positive. */
export function directions(formula: Formula, sign: 1 | -1 = 1): ReadonlyMap<string, ReadonlySet<1 | -1>> {
  const found = new Map<string, Set<1 | -1>>();
  const visit = (part: Formula, way: 1 | -1): void => {
    if (part.kind === 'number') return;
    if (part.kind === 'name') {
      found.set(part.name, (found.get(part.name) ?? new Set()).add(way));
      return;
    }
    const turned: 1 | -1 = way === 1 ? -1 : 1;
    visit(part.left, way);
    visit(part.right, part.kind === 'quotient' || part.kind === 'difference' ? turned : way);
  };
  visit(formula, sign);
  return found;
}

/** Undefined where a name has no value. */
export function evaluate(formula: Formula, lookUp: (name: string) => number | undefined): number | undefined {
  if (formula.kind === 'number') return formula.value;
  if (formula.kind === 'name') return lookUp(formula.name);
  const left = evaluate(formula.left, lookUp);
  const right = evaluate(formula.right, lookUp);
  if (left === undefined || right === undefined) return undefined;
  switch (formula.kind) {
    case 'sum':
      return left + right;
    case 'difference':
      return left - right;
    case 'product':
      return left * right;
    case 'quotient':
      return left / right;
  }
}
