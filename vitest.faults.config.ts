import { defineConfig } from 'vitest/config';

/** By `npm run test:faults`, which is part of the lab suites. One file after another: they measure how long runs take. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    disableConsoleIntercept: true,
  },
});
