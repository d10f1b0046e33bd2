/** A number below `below`, the same sequence for the same seed. */
export type Random = (below: number) => number;

/** A small generator with a seed (mulberry32), so that a finding can be had again. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const MOST_CHARACTERS = 500_000;

/** Damages a text in one to six places, at the level of bytes, lines or tokens. */
export function mutate(text: string, random: Random): string {
  let mutated = text;
  for (let count = random(6) + 1; count > 0; count -= 1) {
    const kind = random(3);
    if (kind === 0) mutated = mutateBytes(mutated, random);
    else if (kind === 1) mutated = mutateLines(mutated, random);
    else mutated = mutateTokens(mutated, random);
    // Far beyond what the loader reads at all; a long line many times over would be gigabytes.
    if (mutated.length > MOST_CHARACTERS) break;
  }
  return mutated;
}

/** As a disk or an editor damages it: what is no UTF-8 any more is read as the loader's caller reads it. */
function mutateBytes(text: string, random: Random): string {
  const bytes = Buffer.from(text);
  const at = random(bytes.length + 1);
  const length = random(24);
  const noise = Buffer.from(Array.from({ length: random(8) + 1 }, () => random(256)));
  switch (random(6)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      return bytes.toString();
    case 1:
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]).toString();
    case 2:
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at + noise.length)]).toString();
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]).toString();
    case 4:
      return bytes.subarray(0, at).toString();
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(length), bytes.subarray(at)]).toString();
  }
}

function mutateLines(text: string, random: Random): string {
  const lines = text.split('\n');
  const at = random(lines.length);
  const line = lines[at] ?? '';
  const other = random(lines.length);
  const around = (...middle: readonly string[]): string =>
    [...lines.slice(0, at), ...middle, ...lines.slice(at + 1)].join('\n');
  switch (random(9)) {
    case 0:
      return around();
    case 1:
      return around(line, line);
    case 2:
      return around(lines[other] ?? '', line);
    case 3:
      return around(`${' '.repeat(random(12))}${line}`);
    case 4:
      return around(line.trimStart());
    case 5:
      return around(line.replace(/^ +/, (indent) => '\t'.repeat(indent.length)));
    case 6:
      return lines.join(random(2) === 0 ? '\r\n' : '\r');
    case 7:
      return around(
        ...Array.from({ length: Math.min(random(2000), MOST_CHARACTERS / (line.length + 1)) }, () => line),
      );
    default:
      return around(...lines.slice(other, other + random(20)));
  }
}

function mutateTokens(text: string, random: Random): string {
  const tokens = [...text.matchAll(/[\w.+-]+|[^\w\s]|\s+/g)];
  const token = tokens[random(tokens.length || 1)];
  const start = token?.index ?? 0;
  const end = start + (token?.[0].length ?? 0);
  const piece = pieceOf(random, tokens[random(tokens.length || 1)]?.[0] ?? '');
  const put = (middle: string): string => text.slice(0, start) + middle + text.slice(end);
  return random(2) === 0 ? put(piece) : put(`${token?.[0] ?? ''}${piece}`);
}

// biome-ignore format: one a line would take sixty lines
const PIECES = [
  '*', '&a ', '*a', '*minilm', '<<: ', '<<: *a', '[', ']', '{', '}', ': ', '- ', '? ', '|', '>', '|2-', '"', "'", '#', ' # ', '\t', '\n',
  '\r\n', '\u0085', '\u2028', '---\n', '...\n', '!!int ', '!!binary ', '!!map ', '!x ', '!<tag:x> ', '~', 'null', 'yes', '.nan', '-.inf', '1e999', '-1e-999',
  '0x1F', '0o17', '1_000', '-0', '9'.repeat(40), '0.1'.padEnd(400, '1'), '\uFEFF', '\u0000', '\u0007', '\u001b[31m', '\uD800', '\uDC00', '\uD83D',
  '👩‍👩‍👧', '日本', '\u202E', '__proto__: ', 'constructor: ', 'prototype', 'hasOwnProperty', 'toString', '@*', '@', '%YAML 1.1\n', '%TAG ! x\n', '=', ',', '\\x', '\\u12', '`',
  'stages:', 'profiles:', 'version: 1', 'uses: command', 'from: [', 'matrix: [seed]', 'only: {', 'with: {', 'run: "{inputs.clean}"', '{outputs.x}',
  'timeout: 1e9d', 'retries: -1', 'needs: { memory: 9999999999TiB }', 'time: 1:2:3', '12:30:45', '2026-11-21', 'hf:', 'random:', '1h2m3s',
];

function pieceOf(random: Random, other: string): string {
  const size = [3, 70, 300, 20_000][random(4)] ?? 3;
  switch (random(16)) {
    case 0:
      return '['.repeat(size);
    case 1:
      return '{ a: '.repeat(size);
    case 2:
      return `${'- '.repeat(size)}x`;
    case 3:
      return `\n${Array.from({ length: Math.min(size, 400) }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')}`;
    case 4:
      return aliasBomb(random(12) + 2, random(12) + 2);
    case 5:
      return String.fromCharCode(random(0x1_0000));
    case 6:
      return 'x'.repeat(size);
    case 7:
      return `"${'\\'.repeat(random(3))}${'é'.repeat(size)}`;
    case 8:
      return other;
    case 9:
      return String((random(2) === 0 ? -1 : 1) * random(2 ** 31) * 10 ** random(30));
    default:
      return PIECES[random(PIECES.length)] ?? '';
  }
}

/** Every level holds the one before several times: width to the power of depth values in a few lines. */
function aliasBomb(depth: number, width: number): string {
  const levels = Array.from({ length: depth }, (_, level) => {
    const items = Array.from({ length: width }, () => (level === 0 ? 'x' : `*b${level - 1}`));
    return `b${level}: &b${level} [${items.join(', ')}]`;
  });
  return `\n${levels.join('\n')}\n`;
}
