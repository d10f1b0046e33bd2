import type { EventSink } from '../contract/event.js';

const MARK = '***';
/** Shorter values occur everywhere by chance; a mark in each such place would hide the output, not the secret. */
const SHORTEST = 4;

/**
 * Replaces secrets by value, wherever they stand: patterns miss quoting that nobody thought of. The longest goes
 * first, so that a secret inside of another one leaves no rest. Forms escaped for JSON and for URLs are secrets too.
 */
export function redact(secrets: readonly string[]): (text: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    const escaped = JSON.stringify(secret).slice(1, -1);
    for (const form of [secret, escaped, JSON.stringify(escaped).slice(1, -1), encoded(secret)])
      forms.add(form);
  }
  if (forms.size === 0) return (text) => text;
  const alternatives = [...forms].sort((a, b) => b.length - a.length).map(escapeForPattern);
  const pattern = new RegExp(alternatives.join('|'), 'g');
  return (text) => text.replace(pattern, MARK);
}

function encoded(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    // A lone surrogate cannot be encoded, so it cannot be leaked in that form.
    return secret;
  }
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** Words by which views tell events apart; a secret that happens to be such a word must not break them. */
const DISCRIMINANTS = new Set(['type', 'status', 'kind', 'reason', 'action']);

/** Hands on every event with its strings redacted, so that no rendering of it can leak what nobody thought of. */
export function redactingSink(sink: EventSink, secrets: readonly string[]): EventSink {
  const clean = redact(secrets);
  if (secrets.every((secret) => secret.length < SHORTEST)) return sink;
  return {
    handle: (event) => sink.handle(redactDeep(event, clean)),
    close: () => sink.close(),
  };
}

/** A document with all strings in it redacted, but for names of members and the words that tell documents apart. */
export function redactDeep<T>(value: T, clean: (text: string) => string): T {
  return redactValue(value, clean) as T;
}

/**
 * From now on nothing that is written to the stream as text holds a secret, whoever writes it: diagnostics that quote
 * the command line, documents that are printed as they are.
 */
export function redactStream(stream: NodeJS.WriteStream, secrets: readonly string[]): void {
  if (secrets.every((secret) => secret.length < SHORTEST)) return;
  const clean = redact(secrets);
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (chunk: unknown, ...rest: unknown[]): boolean => {
    if (typeof chunk === 'string') return write(clean(chunk), ...rest);
    const bytes = Buffer.isBuffer(chunk) ? chunk.toString('utf8') : null;
    // Bytes that are no text are handed on as they are.
    return bytes === null || bytes.includes('\ufffd') ? write(chunk, ...rest) : write(clean(bytes), ...rest);
  };
}

function redactValue(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, clean));
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).map(([key, member]) => {
    const known = DISCRIMINANTS.has(key) && typeof member === 'string' && /^[a-z-]+$/.test(member);
    return [key, known ? member : redactValue(member, clean)];
  });
  return Object.fromEntries(members);
}
