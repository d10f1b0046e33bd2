import { defineConfig } from 'vitest/config';

/** By hand only: `npm run replab`. */
export default defineConfig({
  test: { include: ['test/replab/**/*.test.ts'], disableConsoleIntercept: true },
});
