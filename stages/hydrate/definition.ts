import { z } from 'zod';
import type { Json } from '../../pipeline/base/canonical.js';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

const options = z.strictObject({
  language: z
    .string()
    .regex(/^[A-Z]{2,3}$/, 'a language as the package writes it, for example EN')
    .default('EN')
    .describe('Only tweets in this language are asked for: give what `clean` has.'),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.-]+(:[0-9]{1,5})?$/, 'a host name, with a port where it is not 443')
    .refine((host) => Number(host.split(':')[1] ?? 443) <= 65_535, 'a port is at most 65535')
    .default('api.x.com')
    .describe(
      'Where the X API is reached, always over TLS; answers of one host are never taken for another.',
    ),
  in_flight: z.int().min(1).max(16).default(4).describe('Most requests at a time.'),
  requests_per_window: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Requests that your plan allows in 15 minutes, for the estimate; without it, what X said last.',
    ),
  price_per_1000: z
    .number()
    .min(0)
    .optional()
    .describe('What 1,000 tweets cost under your plan, for the estimate.'),
  monthly_cap: z.int().min(1).optional().describe('Tweets a month under your plan, for the estimate.'),
  backoff_seconds: z
    .number()
    .min(0.01)
    .max(60)
    .default(1)
    .describe('Wait after the first failure of a request; doubled after each further one, up to a minute.'),
  timeout_seconds: z
    .number()
    .min(1)
    .max(600)
    .default(60)
    .describe('How long one request may take as a whole.'),
});

export const definition: StageDefinition = {
  id: 'hydrate',
  version: 1,
  summary: 'Asks the X API for the texts that no archive has, of the tweets that the study uses.',
  options,
  inputs: [
    { name: 'rows', artifact: 'rows', count: 'one' },
    { name: 'fetched', artifact: 'fetch-card', count: 'any' },
  ],
  outputs: [
    { name: 'rows', artifact: 'rows', path: 'rows.jsonl', kind: 'file' },
    { name: 'card', artifact: 'hydration-card', path: 'hydrate.json', kind: 'file' },
  ],
  worker: { language: 'typescript', file: 'stages/hydrate/worker.ts' },
  resolve(written) {
    const { language, host, ...settings } = options.parse(written);
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    return {
      options: { language, host: host.toLowerCase() },
      settings: Object.fromEntries(given) as Readonly<Record<string, Json>>,
      external: [],
      reach: ['X_BEARER_TOKEN'],
      needs: { cpu: 1 },
    };
  },
};
