import { defineConfig } from 'vitest/config'

/** Conversations with real clients; `.ci/install-clients` brings them. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/clients/**/*.client.ts'],
    testTimeout: 60_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // They wait more than they work: nmap for ports that are silent, clients for their own time limits.
    maxWorkers: 3,
  },
})
