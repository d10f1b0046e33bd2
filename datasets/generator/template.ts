import type { Random } from './random.js';

/** Names to alternatives; alternatives may hold slots themselves. */
export type Slots = Readonly<Record<string, readonly string[]>>;

/** Splits a `|` separated list; line breaks and the spaces around alternatives do not count. */
export function list(text: string): readonly string[] {
  return text
    .split('|')
    .map((item) => item.trim().replace(/\s+/g, ' '))
    .filter((item) => item !== '');
}

/** Replaces every `{slot}` by one of its alternatives until none is left. */
export function fill(template: string, slots: Slots, random: Random): string {
  let text = template;
  while (text.includes('{')) {
    text = text.replace(/\{([a-z_]+)\}/g, (_, name: string) => {
      const alternatives = slots[name];
      if (alternatives === undefined)
        throw new Error(`Internal error: no alternatives for {${name}} in "${template}"`);
      return random.pick(alternatives);
    });
  }
  return text;
}
