import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How many values each axis has; the product is the number of instances. */
export type AxisSizes = readonly [number, number, number];

/** Writes a study of trivial instances: each starts a shell that writes one line, as the peers' studies do. */
export function writeMatrixStudy(folder: string, [a, b, c]: AxisSizes): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'pipeline.yaml'),
    `version: 1
name: bench
axes:
  x: ${range(a)}
  y: ${range(b)}
  z: ${range(c)}
stages:
  work:
    uses: command
    matrix: [x, y, z]
    with: { run: 'echo {coordinates.x}-{coordinates.y}-{coordinates.z} > {outputs.line}', outputs: { line: line.txt } }
`,
  );
}

/** Writes a study of one stage that declares one large file. */
export function writeLargeInputStudy(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'pipeline.yaml'),
    `version: 1
name: bench
stages:
  work:
    uses: command
    with: { run: 'wc -c < {files.large} > {outputs.size}', files: { large: ${file} }, outputs: { size: size.txt } }
`,
  );
}

function range(count: number): string {
  return `[${Array.from({ length: count }, (_, index) => index + 1).join(', ')}]`;
}
