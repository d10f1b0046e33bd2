import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Pair,
  parseDocument,
  type YAMLError,
  Scalar as YamlScalar,
} from 'yaml';
import type { Scalar } from '../contract/config.js';
import type { Entry, Node } from './node.js';
import { lineAt, type Origin, type Report, type Source } from './source.js';

/** Bounds that no honest pipeline.yaml comes near; they keep a broken or hostile one from costing more than a message. */
const LIMITS = { characters: 250_000, depth: 64, nodes: 20_000, syntaxErrors: 5 } as const;

interface Built {
  readonly node: Node;
  /** Nodes with all aliases written out. */
  readonly size: number;
  readonly depth: number;
}

/**
 * Reads YAML 1.2 with merge keys (`<<`) from `source.text`, starting at `offset`. Undefined after a problem was
 * reported; an empty text is the scalar null.
 */
export function parseYaml(source: Source, report: Report, offset = 0): Node | undefined {
  const text = source.text.slice(offset);
  const at = (start: number, end: number): Origin => ({ source, start: start + offset, end: end + offset });
  if (text.length > LIMITS.characters) {
    const hint = `at most ${LIMITS.characters} characters; keep data out of it and name the data's folder instead`;
    report('file-too-large', `this text has ${text.length} characters`, at(0, 1), hint);
    return undefined;
  }
  const deep = findDeepNesting(text);
  if (deep !== undefined) {
    report('too-deeply-nested', `nested more than ${LIMITS.depth} levels deep`, at(deep, deep + 1));
    return undefined;
  }
  const document = parseWithoutStacks(text);
  if (document === null) {
    report('too-deeply-nested', 'something in this file is nested too deeply to be read', at(0, 1));
    return undefined;
  }
  const errors: readonly YAMLError[] = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    for (const error of errors.slice(0, LIMITS.syntaxErrors)) {
      report('yaml-syntax', syntaxMessage(error), at(error.pos[0], error.pos[1]), SYNTAX_HINTS[error.code]);
    }
    return undefined;
  }
  if (document.contents === null) return { kind: 'scalar', value: null, origin: at(0, text.length) };
  return new TreeBuilder(report, at).build(document.contents);
}

/**
 * A damaged file can have an error for every fourth character, each with a stack that nobody reads and that takes most of
 * the time. Pretty errors are worse: each compiles a pattern as long as its line. Null when the stack was not enough.
 */
function parseWithoutStacks(text: string): ReturnType<typeof parseDocument> | null {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return parseDocument(text, { merge: true, uniqueKeys: false, prettyErrors: false });
  } catch (error) {
    // What gets past `findDeepNesting`: mappings in one line behind a bracket that is never closed.
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    Error.stackTraceLimit = before;
  }
}

/**
 * Offset of the place that is nested too deeply for the recursive composer of `yaml` (V8 ends the process when a
 * pattern is compiled near the end of the stack, so that cannot be caught). The lexer is a flat loop.
 */
function findDeepNesting(text: string): number | undefined {
  const block = new RegExp(`^[ \\t?:-]{${LIMITS.depth * 4}}`, 'm').exec(text);
  if (block !== null) return block.index;
  let depth = 0;
  /** Mappings that one line opens in another: `a: b: c:` is a mistake, but the composer goes down into all of them first. */
  let colons = 0;
  let position = 0;
  let scalarFollows = false;
  for (const token of new Lexer().lex(text)) {
    if (token === '\x1f') {
      scalarFollows = true;
      continue;
    }
    if (token === '\x02' || token === '\x18') continue;
    if (!scalarFollows && (token === '[' || token === '{')) depth += 1;
    else if (!scalarFollows && (token === ']' || token === '}')) depth -= 1;
    if (/^\r?\n/.test(token)) colons = 0;
    else if (!scalarFollows && token === ':' && depth <= 0) colons += 1;
    if (depth > LIMITS.depth || colons > LIMITS.depth) return position;
    scalarFollows = false;
    position += token.length;
  }
  return undefined;
}

const SYNTAX_HINTS: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_INDENT: 'is a closing bracket, brace or quote missing above, or is this line indented wrongly?',
  BAD_SCALAR_START: 'put the text in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'is this line indented too far, or is a text with `: ` in it not in quotes?',
  MISSING_CHAR:
    'something that was opened (a quote, a bracket, a brace) is not closed, or a colon is missing',
  MULTILINE_IMPLICIT_KEY: 'is a colon missing after the key, or is this line indented too far?',
  MULTIPLE_DOCS: 'remove the line `---`: one file holds one pipeline',
  TAB_AS_INDENT: 'indent with spaces',
  TAG_RESOLVE_FAILED: 'tags (`!name`) have no meaning here: remove it, or put the text in quotes',
};

function syntaxMessage(error: YAMLError): string {
  if (error.code === 'MULTIPLE_DOCS') return 'a second YAML document starts here';
  return `this is not YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`;
}

/** Turns the nodes of `yaml` into ours: aliases and merge keys resolved, keys made unique, numbers checked. */
class TreeBuilder {
  readonly #report: Report;
  readonly #at: (start: number, end: number) => Origin;
  /** Null while the anchored value is still being read. */
  readonly #anchors = new Map<string, Built | null>();
  #failed = false;

  constructor(report: Report, at: (start: number, end: number) => Origin) {
    this.#report = report;
    this.#at = at;
  }

  build(contents: unknown): Node | undefined {
    const built = this.#convert(contents, this.#at(0, 0));
    return this.#failed ? undefined : built.node;
  }

  #fail(code: string, message: string, at: Origin, hint?: string): Built {
    this.#failed = true;
    this.#report(code, message, at, hint);
    return { node: { kind: 'scalar', value: null, origin: at }, size: 1, depth: 1 };
  }

  #originOf(value: unknown, fallback: Origin): Origin {
    const range = isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value.range : undefined;
    return range ? this.#at(range[0], range[1]) : fallback;
  }

  #convert(value: unknown, fallback: Origin): Built {
    const origin = this.#originOf(value, fallback);
    if (isAlias(value)) return this.#resolveAlias(value.source, origin);
    const anchor = isScalar(value) || isMap(value) || isSeq(value) ? value.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, null);
    const built = this.#check(this.#convertPlain(value, origin), origin);
    if (anchor !== undefined) this.#anchors.set(anchor, built);
    return built;
  }

  #convertPlain(value: unknown, origin: Origin): Built {
    if (isMap(value)) return this.#convertMap(value.items, origin);
    if (isSeq(value)) {
      const items = value.items.map((item) => this.#convert(item, origin));
      return { node: { kind: 'list', items: items.map((item) => item.node), origin }, ...sumOf(items) };
    }
    return this.#convertScalar(value, origin);
  }

  #check(built: Built, origin: Origin): Built {
    if (this.#failed) return built;
    if (built.size > LIMITS.nodes) {
      const message = `aliases make this grow beyond ${LIMITS.nodes} values`;
      return this.#fail('too-many-aliases', message, origin, 'write fewer values, or use fewer aliases');
    }
    if (built.depth > LIMITS.depth) {
      return this.#fail('too-deeply-nested', `nested more than ${LIMITS.depth} levels deep`, origin);
    }
    return built;
  }

  #resolveAlias(name: string, origin: Origin): Built {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const hint = `write \`&${name}\` before the value that it stands for, or quote a text that starts with *`;
      return this.#fail('unknown-alias', `nothing above is called \`&${name}\``, origin, hint);
    }
    if (target === null) return this.#fail('circular-alias', `\`*${name}\` contains itself`, origin);
    return target;
  }

  #convertScalar(value: unknown, origin: Origin): Built {
    const scalar = isScalar(value) ? value.value : value;
    let plain: Scalar | null;
    if (typeof scalar === 'number') {
      if (!Number.isFinite(scalar)) {
        return this.#fail('not-a-number', 'infinities and .nan have no meaning here', origin);
      }
      if (Number.isInteger(scalar) && !Number.isSafeInteger(scalar)) {
        const hint = 'put it in quotes to keep every digit';
        return this.#fail('number-too-large', 'this number is too large to be kept exactly', origin, hint);
      }
      plain = scalar;
    } else if (typeof scalar === 'string' || typeof scalar === 'boolean') {
      plain = scalar;
    } else if (typeof scalar === 'symbol') {
      plain = scalar.description ?? '';
    } else {
      plain = null;
    }
    return { node: { kind: 'scalar', value: plain, origin }, size: 1, depth: 1 };
  }

  #convertMap(pairs: readonly Pair[], origin: Origin): Built {
    const own = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    const children: Built[] = [];
    for (const pair of pairs) {
      const keyOrigin = this.#originOf(pair.key, origin);
      const valueFallback = { ...keyOrigin, start: keyOrigin.end };
      if (isMergeKey(pair.key)) {
        const source = this.#convert(pair.value, valueFallback);
        children.push(source);
        this.#merge(source.node, merged, keyOrigin);
        continue;
      }
      const key = this.#keyOf(pair.key, keyOrigin);
      const built = this.#convert(pair.value, valueFallback);
      children.push(built);
      if (key === undefined) continue;
      const first = own.get(key);
      if (first !== undefined) {
        const line = lineAt(first.key.source, first.key.start);
        this.#fail('duplicate-key', `\`${key}\` is given twice`, keyOrigin, `first given on line ${line}`);
        continue;
      }
      own.set(key, { key: keyOrigin, value: built.node });
    }
    const entries = new Map([...merged, ...own]);
    return { node: { kind: 'map', entries, origin }, ...sumOf(children) };
  }

  #merge(source: Node, into: Map<string, Entry>, at: Origin): void {
    const maps = source.kind === 'list' ? source.items : [source];
    for (const map of maps) {
      if (map.kind !== 'map') {
        if (!this.#failed)
          this.#fail('bad-merge', '`<<` takes a map or a list of maps', at, 'for example `<<: *name`');
        return;
      }
      for (const [key, entry] of map.entries) if (!into.has(key)) into.set(key, entry);
    }
  }

  #keyOf(key: unknown, origin: Origin): string | undefined {
    if (isScalar(key)) {
      const text = typeof key.value === 'string' ? key.value : key.source;
      // `__proto__` would change the object that holds it instead of becoming a member of it.
      if (text !== undefined && text !== '' && key.value !== null && text !== '__proto__') return text;
    }
    this.#fail('invalid-key', 'a key must be a plain text', origin, 'write `key: value`');
    return undefined;
  }
}

function isMergeKey(key: unknown): boolean {
  return key instanceof YamlScalar && typeof key.value === 'symbol';
}

function sumOf(children: readonly Built[]): { readonly size: number; readonly depth: number } {
  let size = 1;
  let depth = 0;
  for (const child of children) {
    size += child.size;
    depth = Math.max(depth, child.depth);
  }
  return { size, depth: depth + 1 };
}
