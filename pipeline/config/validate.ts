import { z } from 'zod';
import { nearest, suggestion } from '../base/suggest.js';
import { boundOf, describeNode, expectationOf, hintForValue, isAboutKind } from './expectation.js';
import { type Node, originOf, type Path, placeOf, toPlain } from './node.js';
import type { Origin, Report } from './source.js';

/** What is checked, where it stands, and what its path is called in messages (`stages.clean.with`). */
export interface Subject {
  readonly node: Node;
  readonly key: Origin;
  readonly path: string;
}

/** Checks a tree against a schema and reports each problem where it was written. Undefined when there were any. */
export function validate<T>(schema: z.ZodType<T>, subject: Subject, report: Report): T | undefined {
  const result = schema.safeParse(toPlain(subject.node));
  if (result.success) return result.data;
  for (const issue of result.error.issues) reportIssue(issue, [], { schema, subject, report });
  return undefined;
}

interface Context {
  readonly schema: z.ZodType;
  readonly subject: Subject;
  readonly report: Report;
}

function reportIssue(issue: z.core.$ZodIssue, prefix: Path, context: Context): void {
  const { subject, report, schema } = context;
  const path: Path = [
    ...prefix,
    ...issue.path.map((step) => (typeof step === 'number' ? step : String(step))),
  ];
  const place = placeOf(subject.node, subject.key, path);
  const name = nameOf(subject.path, path);
  const at = originOf(place);
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) {
        const known = keysOf(schemaAt(schema, path));
        const entry = place.node?.kind === 'map' ? place.node.entries.get(key) : undefined;
        const inside = name === '' ? 'at the top level' : `in \`${name}\``;
        const hint = suggestion(key, known, 'keys that exist here');
        report('unknown-key', `unknown key \`${key}\` ${inside}`, entry?.key ?? at, hint);
      }
      return;
    case 'invalid_key':
      report('invalid-name', issue.issues[0]?.message ?? issue.message, place.key);
      return;
    case 'invalid_union': {
      const meant = issue.errors.find((branch) => !branch.every(isAboutKind));
      if (meant === undefined) break;
      for (const inner of meant) reportIssue(inner, path, context);
      return;
    }
    default:
  }
  const description = describe(schema, path);
  if (place.node === undefined) {
    if (isMisspelt(path, context)) return;
    const values = issue.code === 'invalid_value' ? `it is ${expectationOf(issue)}` : undefined;
    const hint = [values, description].filter((part) => part !== undefined).join(': ');
    report('missing-key', `\`${name}\` is missing`, place.key, hint === '' ? undefined : hint);
    return;
  }
  reportValue(issue, { name, at, node: place.node, description }, report);
}

/** Whether a missing key is there under a misspelt name, which is reported as an unknown key. */
function isMisspelt(path: Path, context: Context): boolean {
  const parent = path.slice(0, -1);
  const map = placeOf(context.subject.node, context.subject.key, parent).node;
  const known = keysOf(schemaAt(context.schema, parent));
  if (map?.kind !== 'map') return false;
  return [...map.entries.keys()].some((key) => !known.includes(key) && nearest(key, known) === path.at(-1));
}

interface BadValue {
  readonly name: string;
  readonly at: Origin;
  readonly node: Node;
  readonly description: string | undefined;
}

function reportValue(issue: z.core.$ZodIssue, value: BadValue, report: Report): void {
  const { name, at, node, description } = value;
  const got = describeNode(node);
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_union':
    case 'invalid_value': {
      const code = issue.code === 'invalid_value' && node.kind === 'scalar' ? 'unknown-value' : 'wrong-type';
      const hint = hintForValue(issue, node) ?? description;
      report(code, `\`${name}\` should be ${expectationOf(issue)}, but is ${got}`, at, hint);
      return;
    }
    case 'too_small':
    case 'too_big':
      report('out-of-range', `\`${name}\` should ${boundOf(issue)}, but is ${got}`, at, description);
      return;
    default:
      report('invalid-value', `\`${name}\` cannot be ${got}`, at, lowerFirst(issue.message));
  }
}

function nameOf(base: string, path: Path): string {
  let name = base;
  for (const step of path) {
    if (typeof step === 'number') name += `[${step}]`;
    else name += name === '' ? step : `.${step}`;
  }
  return name;
}

/** The first letter made small, unless it belongs to an abbreviation. */
function lowerFirst(message: string): string {
  return /^[A-Z]([a-z]|\s)/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
}

/** The part of a schema that checks what is at `path`; undefined where the path leaves what is declared. */
function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let current: unknown = schema;
  for (const step of path) {
    const inner = containerOf(current, step);
    if (inner instanceof z.ZodObject) current = inner.shape[String(step)];
    else if (inner instanceof z.ZodRecord) current = inner.valueType;
    else if (inner instanceof z.ZodArray) current = inner.element;
    else return undefined;
  }
  return current instanceof z.ZodType ? current : undefined;
}

/** The list or map that a step leads into; of a union the branch that is one. */
function containerOf(schema: unknown, step: string | number): unknown {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodUnion)) return inner;
  const isMeant = (option: unknown): boolean =>
    typeof step === 'number'
      ? option instanceof z.ZodArray
      : option instanceof z.ZodObject || option instanceof z.ZodRecord;
  return inner.options.map(unwrap).find(isMeant);
}

function unwrap(schema: unknown): unknown {
  let current = schema;
  while (
    current instanceof z.ZodOptional ||
    current instanceof z.ZodDefault ||
    current instanceof z.ZodNullable ||
    current instanceof z.ZodPipe
  ) {
    current = current instanceof z.ZodPipe ? current.in : current.unwrap();
  }
  return current;
}

function keysOf(schema: z.ZodType | undefined): readonly string[] {
  const inner = containerOf(schema, '');
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** The `.describe()` text of an option: the outermost that there is. */
function describe(schema: z.ZodType, path: Path): string | undefined {
  let current: unknown = schemaAt(schema, path);
  while (current instanceof z.ZodType) {
    if (current.description !== undefined) return lowerEnd(current.description);
    if (
      current instanceof z.ZodOptional ||
      current instanceof z.ZodDefault ||
      current instanceof z.ZodNullable
    ) {
      current = current.unwrap();
    } else return undefined;
  }
  return undefined;
}

function lowerEnd(description: string): string {
  return lowerFirst(description.replace(/\.$/, ''));
}
