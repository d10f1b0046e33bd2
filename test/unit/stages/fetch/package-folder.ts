import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '../stage-context.js';

export const ENTITY = 'RL2013D01E001';

const HEADERS = {
  entities: ['entity_id', 'query', 'entity_name', 'category'],
  labeled: ['tweet_id', 'author', 'entity_id', 'filtering', 'polarity', 'topic', 'topic_priority'],
  tweet_info: [
    ...['tweet_id', 'author', 'entity_id', 'tweet_url', 'language', 'timestamp', 'urls', 'extended_urls'],
    ...['md5_extended_urls', 'is_near_duplicate_of'],
  ],
  texts: ['tweet_id', 'author', 'entity_id', 'text'],
};

export function line(fields: readonly string[]): string {
  return fields.map((field) => `"${field.replaceAll('"', '""')}"`).join('\t');
}

export interface TestTweet {
  readonly id: string;
  readonly polarity?: string;
  readonly text?: string;
}

/** A package with one entity, whole and right, for a test to damage. */
export class PackageFolder {
  readonly root = temporaryFolder();
  readonly external = { package: join(this.root, 'official'), 'texts-1': join(this.root, 'texts') };

  constructor(tweets: Readonly<Record<'training' | 'test', readonly TestTweet[]>>) {
    this.write('official/entities/replab2013_entities.tsv', [
      line(HEADERS.entities),
      line([ENTITY, 'Quorvane', 'Quorvane "Motor" Works ', 'automotive']),
    ]);
    for (const split of ['training', 'test'] as const) {
      const rows = tweets[split];
      this.write(`official/${split}/labeled/${ENTITY}.dat`, [
        line(HEADERS.labeled),
        ...rows.map(({ id, polarity = 'POSITIVE' }) => labelledLine(id, 'RELATED', polarity)),
      ]);
      this.write(`official/${split}/tweet_info/${ENTITY}.dat`, [
        line(HEADERS.tweet_info),
        ...rows.map(({ id }) => infoLine(id)),
      ]);
      this.write(`texts/${split}/${ENTITY}.tsv`, [
        line(HEADERS.texts),
        ...rows.map(({ id, text }) => textLine(id, text ?? `text of ${id}`)),
      ]);
    }
  }

  path(relative: string): string {
    return join(this.root, relative);
  }

  /** Replaces a file by these lines. */
  write(relative: string, lines: readonly string[]): void {
    this.writeBytes(relative, Buffer.from(`${lines.join('\n')}\n`));
  }

  writeBytes(relative: string, bytes: Buffer): void {
    mkdirSync(dirname(this.path(relative)), { recursive: true });
    writeFileSync(this.path(relative), bytes);
  }
}

export function labelledLine(id: string, filtering: string, polarity: string, topic = 'topic'): string {
  return line([id, 'someone', ENTITY, filtering, polarity, topic, 'UNIMPORTANT']);
}

export function infoLine(id: string, nearDuplicateOf = '-1'): string {
  return line([id, 'someone', ENTITY, 'http://x.example/', 'EN', '1340401852', '', '', '', nearDuplicateOf]);
}

export function textLine(id: string, text: string): string {
  return line([id, 'someone', ENTITY, text]);
}

/** Tweets with ids that a double cannot hold. */
export function manyTweets(count: number): readonly TestTweet[] {
  return Array.from({ length: count }, (_, index) => ({
    id: (187281022927384577n + BigInt(index)).toString(),
  }));
}
