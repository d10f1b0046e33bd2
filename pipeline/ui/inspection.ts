import type { TfliteInspection } from '../contract/inspection.js';
import { bytes, counted } from './format.js';
import { tableLines } from './table.js';

/** A TFLite file for people. */
export function inspectionLines(file: string, found: TfliteInspection, width: number): string[] {
  const problems = found.stands_alone.problems;
  return [
    `${file}: ${bytes(found.bytes)}, ${counted(found.op_count, 'operation')}${found.description === '' ? '' : `, ${found.description}`}`,
    `sha256 ${found.sha256}`,
    problems.length === 0 ? 'It stands alone.' : `It does not stand alone: ${problems.join('; ')}.`,
    ...(found.subgraphs === 1
      ? []
      : [`It has ${found.subgraphs} subgraphs; inputs and outputs are the first one's.`]),
    '',
    ...[...shapes('input', found.inputs), ...shapes('output', found.outputs)],
    ...found.signatures.map(
      ({ key, inputs, outputs }) => `signature ${key}: ${inputs.join(', ')} to ${outputs.join(', ')}`,
    ),
    ...saysOfItself(found),
    '',
    ...tableLines(
      [
        ['operation', 'times'],
        ...Object.entries(found.ops)
          .sort((a, b) => b[1] - a[1])
          .map(([name, count]) => [name, String(count)]),
      ],
      width,
    ),
    ...(found.custom_ops.length === 0 ? [] : [`custom: ${found.custom_ops.join(', ')}`]),
    '',
    ...tableLines(
      [
        ['constants', 'count', 'size'],
        ...Object.entries(found.constants).map(([kind, { count, bytes: size }]) => [
          kind.toLowerCase(),
          String(count),
          bytes(size),
        ]),
      ],
      width,
    ),
    '',
    ...tableLines(
      [
        ['largest constants', 'type', 'shape', 'size'],
        ...found.largest_constants.map(({ name, type, shape, bytes: size }) => [
          name,
          type.toLowerCase(),
          shape.join(' x '),
          bytes(size),
        ]),
      ],
      width,
    ),
    '',
    ...tableLines(
      [
        ['part', 'size'],
        ...Object.entries(found.bytes_by_part).map(([part, size]) => [
          part.replaceAll('_', '-'),
          bytes(size),
        ]),
      ],
      width,
    ),
  ];
}

function shapes(kind: string, tensors: TfliteInspection['inputs']): string[] {
  return tensors.map(
    ({ name, shape }) =>
      `${kind} ${name}: ${shape.length === 0 ? 'scalar' : shape.map((extent) => (extent === -1 ? 'any' : extent)).join(' x ')}`,
  );
}

function saysOfItself({ metadata }: TfliteInspection): string[] {
  if (metadata === null) return ['It says nothing of itself (no metadata).'];
  const { files, source = {}, ...texts } = metadata;
  return [
    ...Object.entries(texts).map(([name, text]) => `${name}: ${text}`),
    ...Object.entries(source).map(
      ([name, value]) =>
        `${name.replaceAll('_', ' ')}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
    ...Object.entries(files).map(
      ([name, text]) => `${name}: ${text.trimEnd().split('\n').slice(0, 12).join(', ')}`,
    ),
  ];
}
