import { defineConfig } from 'vitest/config';

/** What needs servers that only the lab has, started by scripts/lab.mjs. */
export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    // One small cluster serves all: what waits in its queue would be slow for no reason of its own.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    include: ['test/lab/**/*.test.ts'],
  },
});
