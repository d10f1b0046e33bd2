import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { acquireLock, type Lock } from '../../pipeline/base/lock.js';
import { MISSING, parseJson, type TweetAnswer } from './answer.js';

const lineSchema = z.object({
  answers: z.record(
    z.string(),
    z.union([
      z.strictObject({ text: z.string(), withheldIn: z.array(z.string()).optional() }),
      z.strictObject({ missing: z.enum(MISSING) }),
    ]),
  ),
  limit: z.int().optional(),
});

const LINE_FEED = 0x0a;

/**
 * What a host has answered, ever: one line for each request, on disk before the next one counts. It is the user's, in the cache
 * and not in the store, because an answer was paid for and must outlive every change of code or options.
 * One process at a time has it open.
 */
export class AnswerJournal {
  readonly path: string;
  readonly answers = new Map<string, TweetAnswer>();
  /** Requests in a window, as the host said last. */
  limit: number | undefined;
  /** Lines that could not be read; their tweets are asked for again. */
  damaged = 0;
  readonly #lock: Lock;
  #file: number;

  private constructor(path: string, lock: Lock) {
    this.path = path;
    this.#lock = lock;
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'wx+', 0o600);
  }

  /**
   * @param onWait called when another process has it.
   * @returns null when the signal ended the wait.
   * @throws system errors.
   */
  static async open(
    cache: string,
    host: string,
    onWait: (holder: string) => void,
    signal: AbortSignal,
  ): Promise<AnswerJournal | null> {
    const path = journalPath(cache, host);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const tell = ({ pid }: { readonly pid: number }): void => onWait(`process ${pid}`);
    const lock = await acquireLock(join(dirname(path), 'lock'), 'hydrate', tell, signal);
    if (lock === null) return null;
    const journal = new AnswerJournal(path, lock);
    journal.#load();
    return journal;
  }

  /** Returns when it is on disk. */
  append(answers: ReadonlyMap<string, TweetAnswer>, limit: number | undefined): void {
    const told = limit === undefined || limit === this.limit ? {} : { limit };
    const line = JSON.stringify({ answers: Object.fromEntries(answers), ...told });
    const bytes = Buffer.from(`${line}\n`);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    fsyncSync(this.#file);
    for (const [id, answer] of answers) this.answers.set(id, answer);
    this.limit = limit ?? this.limit;
  }

  close(): void {
    closeSync(this.#file);
    this.#lock.release();
  }

  /** A line without an end was being written when its process died: it goes, and its tweets are asked for again. */
  #load(): void {
    const bytes = readFileSync(this.path);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end < statSync(this.path).size) ftruncateSync(this.#file, end);
    for (const line of bytes.subarray(0, end).toString().split('\n')) {
      if (line === '') continue;
      const parsed = lineSchema.safeParse(parseJson(line));
      if (!parsed.success) {
        this.damaged += 1;
        continue;
      }
      for (const [id, answer] of Object.entries(parsed.data.answers)) this.answers.set(id, answerOf(answer));
      this.limit = parsed.data.limit ?? this.limit;
    }
    // Written to at its end, wherever reading or cutting has left the position.
    closeSync(this.#file);
    this.#file = openSync(this.path, 'a');
  }
}

/** Where the answers of a host are kept. */
export function journalPath(cache: string, host: string): string {
  return join(cache, 'x-api', host.replace(':', '_'), 'answers.jsonl');
}

function answerOf(answer: z.infer<typeof lineSchema>['answers'][string]): TweetAnswer {
  if ('missing' in answer) return answer;
  const { text, withheldIn } = answer;
  return withheldIn === undefined ? { text } : { text, withheldIn };
}
