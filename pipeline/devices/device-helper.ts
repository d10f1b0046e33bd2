import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

let text: string | undefined;

/** The text of device_helper.py, which stays in the source folder when this file runs from dist/ or dist/bundle/. */
export function deviceHelper(): string {
  if (text === undefined) {
    const source = 'pipeline/devices/device_helper.py';
    const candidates = ['./device_helper.py', `../../${source}`, `../../../${source}`];
    const paths = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)));
    const found = paths.find((path) => existsSync(path));
    if (found === undefined)
      throw new Error(`Internal error: device_helper.py is not at ${paths.join(' or ')}`);
    text = readFileSync(found, 'utf8');
  }
  return text;
}
