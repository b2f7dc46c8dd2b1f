import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/clients/**'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 20_000,
    // All processors; the default leaves one idle.
    maxWorkers: '100%',
    pool: 'forks',
  },
})
