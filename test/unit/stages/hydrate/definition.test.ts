import { describe, expect, it } from 'vitest';
import { definition } from '../../../../stages/hydrate/definition.js';
import { resolveContext } from '../resolve-context.js';

describe('the definition of hydrate', () => {
  it('has in its key what changes an answer, and neither prices nor the token', () => {
    const given = { price_per_1000: 5, in_flight: 2, host: 'Gateway.Example:8443' };
    expect(definition.resolve(given, resolveContext())).toEqual({
      options: { language: 'EN', host: 'gateway.example:8443' },
      settings: { price_per_1000: 5, in_flight: 2, backoff_seconds: 1, timeout_seconds: 60 },
      reach: ['X_BEARER_TOKEN'],
      external: [],
      needs: { cpu: 1 },
    });
  });

  it.each(['https://api.x.com', 'api.x.com/2', 'a b', '', 'localhost:65536'])('takes no host %j', (host) => {
    expect(definition.options.safeParse({ host }).success).toBe(false);
  });
});
