import { createHash } from 'node:crypto';

const A = [1, 2, 3, 4, 5, 6];
const B = [1, 2, 3, 4];
const BIG_BYTES = 4_000_000;
/** A name that a careless program takes apart. */
const INNER = 'more than one/naïve name.txt';

/**
 * Forty instances of one script: a chain, two matrices, outputs that are folders, and a gathered end. Each worker starts
 * children of children; those of `mix` start one in a session of its own, too, and those of `grow` go on where one that was
 * killed was. A worker whose engine dies never ends.
 */
export const MATRIX_STUDY = `version: 1
name: faults
axes:
  a: [${A.join(', ')}]
  b: [${B.join(', ')}]
stages:
  source:
    uses: command
    with: { run: [sh, "{files.script}", source, "{outputs.text}", "{files.input}"], files: { script: work.sh, input: input.txt }, outputs: { text: text.txt } }
  big:
    uses: command
    from: source
    with: { run: [sh, "{files.script}", big, "{outputs.bytes}", "{inputs.source}"], files: { script: work.sh }, outputs: { bytes: bytes.bin } }
  grow:
    uses: command
    from: source
    matrix: [a]
    with: { run: [sh, "{files.script}", grow, "{outputs.text}", "{inputs.source}", "{coordinates.a}", "{resume}"], files: { script: work.sh }, outputs: { text: text.txt } }
  mix:
    uses: command
    from: grow
    matrix: [b]
    with: { run: [sh, "{files.script}", mix, "{outputs.parts}", "{inputs.grow}", "{coordinates.b}"], files: { script: work.sh }, outputs: { parts: parts/ } }
  tail:
    uses: command
    from: grow
    with: { run: [sh, "{files.script}", tail, "{outputs.text}", "{inputs.grow}"], files: { script: work.sh }, outputs: { text: text.txt } }
  sum:
    uses: command
    from: [mix@*, tail@*]
    with: { run: [sh, "{files.script}", sum, "{outputs.text}", "{inputs.mix}", "{inputs.tail}"], files: { script: work.sh }, outputs: { text: text.txt } }
  last:
    uses: command
    from: sum
    with: { run: [sh, "{files.script}", last, "{outputs.text}", "{inputs.sum}"], files: { script: work.sh }, outputs: { text: text.txt } }
`;

export const WORK_SCRIPT = `set -eu
engine=$PPID
kind=$1 output=$2
shift 2

chain() {
  value=$1 round=0
  while [ $round -lt $2 ]; do
    value=$(printf %s "$value" | sha256sum | cut -c1-64)
    round=$((round + 1))
  done
  echo "$value"
}

# The same value, noted after each round: one of another key, or half of one, would make a wrong result.
resuming_chain() {
  value=$1 round=0
  if [ -e "$3/state" ]; then read -r round value < "$3/state"; fi
  while [ $round -lt $2 ]; do
    value=$(printf %s "$value" | sha256sum | cut -c1-64)
    round=$((round + 1))
    echo "$round $value" > "$3/state.part"
    mv "$3/state.part" "$3/state"
  done
  echo "$value"
}

case $kind in
  source) chain "$(cat "$1")" 2 > "$output" ;;
  big) yes "$(cat "$1")" 2> /dev/null | head -c ${BIG_BYTES} > "$output" ;;
  grow) resuming_chain "$(cat "$1")-$2" 6 "$3" > "$output" ;;
  tail) chain "$(cat "$1")-tail" 3 > "$output" ;;
  last) chain "$(cat "$1")-last" 3 > "$output" ;;
  sum) for path; do if [ -d "$path" ]; then cat "$path/value.txt"; else cat "$path"; fi; done | sort | sha256sum | cut -c1-64 > "$output" ;;
  mix)
    setsid --fork sh -c 'echo $$ > helper.pid; exec sleep 600'
    mkdir -p "$output/more than one"
    sh -c 'cat "$1" > "$2"' sh "$1" "$output/${INNER}"
    chain "$(cat "$1")-$2" 6 > "$output/value.txt"
    ;;
esac
# Without its engine a worker hangs, so that what a killed engine leaves is there to be found.
kill -0 "$engine" 2> /dev/null || sleep 600
if [ "$kind" = mix ]; then
  while [ ! -s helper.pid ]; do sleep 0.01; done
  kill "$(cat helper.pid)"
fi
`;

/** What one instance must read and make: file path (empty for an output that is a file) to SHA-256 of its content. */
export interface ExpectedInstance {
  readonly id: string;
  /** Folder of its outputs below `artifacts/out`. */
  readonly folder: string;
  /** Name of the output, its path below the folder, and its files. */
  readonly output: string;
  readonly path: string;
  readonly files: Readonly<Record<string, string>>;
  /** Ids of the instances that it reads. */
  readonly reads: readonly string[];
}

export function inputText(version: number): string {
  return `version ${version} of the input\n`;
}

const known = new Map<number, readonly ExpectedInstance[]>();

/** Everything that the study makes of an input, worked out here and not by the engine. */
export function expectedOf(version: number): readonly ExpectedInstance[] {
  const instances = known.get(version) ?? workOut(version);
  known.set(version, instances);
  return instances;
}

function workOut(version: number): readonly ExpectedInstance[] {
  const source = chain(inputText(version).trimEnd(), 2);
  const single = (
    id: string,
    content: string | Buffer,
    reads: readonly string[],
    [output, path]: readonly [string, string] = ['text', 'text.txt'],
  ): ExpectedInstance => ({
    id,
    folder: id.replace('@', '/'),
    output,
    path,
    files: { '': sha256(content) },
    reads,
  });
  const grown = A.map((a) => ({ a, value: chain(`${source}-${a}`, 6) }));
  const mixed = grown.flatMap(({ a, value }) =>
    B.map((b) => ({ a, b, from: value, value: chain(`${value}-${b}`, 6) })),
  );
  const tails = grown.map(({ a, value }) => ({ a, value: chain(`${value}-tail`, 3) }));
  const lines = [...mixed, ...tails].map(({ value }) => `${value}\n`).sort();
  const sum = sha256(lines.join(''));
  return [
    single('source', `${source}\n`, []),
    single('big', Buffer.alloc(BIG_BYTES, `${source}\n`), ['source'], ['bytes', 'bytes.bin']),
    ...grown.map(({ a, value }) => single(`grow@a=${a}`, `${value}\n`, ['source'])),
    ...mixed.map(({ a, b, from, value }) => ({
      id: `mix@a=${a},b=${b}`,
      folder: `mix/a=${a},b=${b}`,
      output: 'parts',
      path: 'parts',
      files: { [INNER]: sha256(`${from}\n`), 'value.txt': sha256(`${value}\n`) },
      reads: [`grow@a=${a}`],
    })),
    ...tails.map(({ a, value }) => single(`tail@a=${a}`, `${value}\n`, [`grow@a=${a}`])),
    single('sum', `${sum}\n`, [
      ...mixed.map(({ a, b }) => `mix@a=${a},b=${b}`),
      ...tails.map(({ a }) => `tail@a=${a}`),
    ]),
    single('last', `${chain(`${sum}-last`, 3)}\n`, ['sum']),
  ];
}

function chain(start: string, rounds: number): string {
  let value = start;
  for (let round = 0; round < rounds; round += 1) value = sha256(value);
  return value;
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
