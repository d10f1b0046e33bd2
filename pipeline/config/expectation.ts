import type { z } from 'zod';
import { nearest } from '../base/suggest.js';
import type { Node } from './node.js';

/** Whether the value as a whole is of another kind, so that this branch of a union was not meant. */
export function isAboutKind(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

/** What would be right, as a noun. */
export function expectationOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return TYPE_NAMES[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') {
    const values = issue.values.map((value) => JSON.stringify(value) ?? String(value));
    return values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`;
  }
  if (issue.code === 'invalid_union') {
    const words = [...new Set(issue.errors.flat().filter(isAboutKind).map(expectationOf))];
    const last = words.pop();
    if (last === undefined) return 'something else';
    return words.length === 0 ? last : `${words.join(', ')} or ${last}`;
  }
  return 'something else';
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'empty',
};

/** Mistakes that YAML makes easy, or a misspelt word. */
export function hintForValue(issue: z.core.$ZodIssue, node: Node): string | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return undefined;
  const wanted = issue.code === 'invalid_union' ? issue.errors.flat() : [issue];
  const words = wanted.flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []));
  const near = nearest(node.value, words);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  const types = wanted.flatMap((inner) => (inner.code === 'invalid_type' ? [String(inner.expected)] : []));
  const isNumeric = node.value.trim() !== '' && Number.isFinite(Number(node.value));
  if (isNumeric && (types.includes('number') || types.includes('int'))) return 'remove the quotes';
  if (types.includes('boolean') && /^(yes|no|on|off)$/i.test(node.value)) return 'write true or false';
  if (types.includes('array')) return `write a list: [${node.value}]`;
  return undefined;
}

/** The bound that was broken, after "should". */
export function boundOf(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const limit = String(issue.code === 'too_small' ? issue.minimum : issue.maximum);
  const isNumber = issue.origin === 'number' || issue.origin === 'int';
  if (isNumber) {
    if (issue.code === 'too_small')
      return `be ${issue.inclusive === false ? 'more than' : 'at least'} ${limit}`;
    return `be ${issue.inclusive === false ? 'less than' : 'at most'} ${limit}`;
  }
  if (limit === '1' && issue.code === 'too_small') return 'not be empty';
  const unit = issue.origin === 'string' ? 'characters' : 'entries';
  return `have ${issue.code === 'too_small' ? 'at least' : 'at most'} ${limit} ${unit}`;
}

/** What is there instead. */
export function describeNode(node: Node): string {
  if (node.kind === 'map') return node.entries.size === 0 ? 'an empty map' : 'a map';
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list';
  if (node.value === null) return 'empty';
  if (typeof node.value !== 'string') return String(node.value);
  const text = JSON.stringify(node.value);
  return `the text ${text.length > 60 ? `${text.slice(0, 58)}…"` : text}`;
}
