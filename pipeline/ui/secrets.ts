import { existsSync } from 'node:fs';
import type { Environment } from './colour.js';

const SECRET_NAME =
  /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|PAT|(API|ACCESS|PRIVATE|LICEN[CS]E)?_?KEY)(_|$)/i;
/** `https://user:password@host`: an index or a proxy that asks who comes. */
const IN_ADDRESS = /\/\/[^/\s:@]*:([^/\s@]+)@/g;
const SHORTEST = 6;

/**
 * Values that must not appear in anything we print or keep: those of variables whose name says token, secret, password or
 * key, and passwords inside addresses. A path to an existing file is no secret, nor is a value as short as a switch.
 */
export function secretValues(env: Environment): readonly string[] {
  const found = new Set<string>();
  for (const [name, value = ''] of Object.entries(env)) {
    if (SECRET_NAME.test(name) && !(value.startsWith('/') && existsSync(value))) {
      // What is printed is looked at line by line, so each line of a key in PEM form is a secret by itself.
      for (const part of [value, ...value.split(/\r?\n/)]) found.add(part);
    }
    for (const [, password = ''] of value.matchAll(IN_ADDRESS)) {
      found.add(password);
      found.add(decoded(password));
    }
  }
  return [...found].filter((value) => value.length >= SHORTEST);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
