import { isMap, isScalar, type Pair, parseDocument, stringify, type YAMLMap } from 'yaml';
import { err, ok, type Result } from '../base/result.js';

/** What pipeline.yaml says of a device: keys of `devices.NAME` in the order in which they are written. */
export type DeviceEntry = Readonly<Record<string, string | number>>;

/** Why the text was left alone. */
export type AddDeviceProblem =
  | { readonly kind: 'exists'; readonly where: string }
  /** It is written in a way that this does not know how to add to; `entry` is the line to add by hand. */
  | { readonly kind: 'by-hand'; readonly entry: string };

export interface EditedText {
  readonly text: string;
  /** Of the new entry, from 1. */
  readonly line: number;
}

/**
 * The text with one more member of `devices:`. All else, comments and layout included, stays byte by byte: the parsed
 * document only says where to write.
 *
 * @param text a pipeline.yaml without syntax errors
 */
export function addDevice(
  text: string,
  name: string,
  device: DeviceEntry,
): Result<EditedText, AddDeviceProblem> {
  const entry = `${name}: ${stringify(device, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()}`;
  const byHand = err({ kind: 'by-hand' as const, entry });
  const document = parseDocument(text);
  const root = document.contents;
  if (document.errors.length > 0 || !isMap(root) || root.flow === true) return byHand;
  const where = placeOf(root, name);
  if (where !== null) return err({ kind: 'exists', where });
  const pair = pairOf(root, 'devices');
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  if (pair === undefined) {
    // After the last section and not after an end mark (`...`), which this does not look for.
    if (/^\.\.\.\s*$/m.test(text)) return byHand;
    const gap = text.endsWith('\n') ? '' : eol;
    return ok(insert(text, text.length, `${gap}${eol}devices:${eol}  ${entry}${eol}`, entry));
  }
  const devices = pair.value;
  if (isScalar(devices) && devices.source === '' && isScalar(pair.key) && pair.key.range) {
    return ok(afterLine(text, pair.key.range[1], `  ${entry}`, eol, entry));
  }
  if (!isMap(devices) || devices.anchor !== undefined) return byHand;
  const last = devices.items.at(-1);
  if (devices.flow === true) return inFlow(text, devices, last, entry) ?? byHand;
  const [first] = devices.items;
  const start = startOf(first);
  const end = endOf(last);
  if (start === null || end === null) return byHand;
  const indent = text.slice(text.lastIndexOf('\n', start) + 1, start);
  if (indent.trim() !== '') return byHand;
  return ok(afterLine(text, end, `${indent}${entry}`, eol, entry));
}

/** Where a device of that name stands already: `devices`, or `profiles.study.devices`. */
function placeOf(root: YAMLMap, name: string): string | null {
  const has = (value: unknown): boolean => isMap(value) && pairOf(value, name) !== undefined;
  if (has(pairOf(root, 'devices')?.value)) return 'devices';
  const profiles = pairOf(root, 'profiles')?.value;
  if (!isMap(profiles)) return null;
  for (const { key, value } of profiles.items) {
    if (isMap(value) && has(pairOf(value, 'devices')?.value)) {
      return `profiles.${isScalar(key) ? String(key.value) : ''}.devices`;
    }
  }
  return null;
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && String(key.value) === name);
}

function startOf(pair: Pair | undefined): number | null {
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
}

/** Where the last thing in it ends that is no space or comment. */
function endOf(pair: Pair | undefined): number | null {
  const value = pair?.value;
  if (isMap(value) && value.flow !== true) return endOf(value.items.at(-1));
  if (isScalar(value) && value.source === '')
    return isScalar(pair?.key) ? (pair.key.range?.[1] ?? null) : null;
  const range = (value as { readonly range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[1] ?? null;
}

function inFlow(
  text: string,
  devices: YAMLMap,
  last: Pair | undefined,
  entry: string,
): Result<EditedText, AddDeviceProblem> | null {
  const close = (devices.range?.[1] ?? 0) - 1;
  if (text[close] !== '}') return null;
  if (last === undefined) {
    const inside = text.slice((devices.range?.[0] ?? 0) + 1, close);
    return inside.trim() === '' ? ok(insert(text, close, ` ${entry} `, entry)) : null;
  }
  const end = endOf(last);
  if (end === null || text.slice(end, close).trim() !== '') return null;
  return ok(insert(text, end, `, ${entry}`, entry));
}

function afterLine(text: string, position: number, line: string, eol: string, entry: string): EditedText {
  const newline = text.indexOf('\n', position);
  if (newline < 0) return insert(text, text.length, `${eol}${line}`, entry);
  return insert(text, newline + 1, `${line}${eol}`, entry);
}

function insert(text: string, position: number, added: string, entry: string): EditedText {
  const edited = `${text.slice(0, position)}${added}${text.slice(position)}`;
  const at = position + added.indexOf(entry);
  return { text: edited, line: edited.slice(0, at).split('\n').length };
}
