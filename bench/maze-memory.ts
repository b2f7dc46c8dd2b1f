import secretsMaze from '../src/emulators/secrets-maze/index.ts'
import { costOfHeld } from './tarpit-memory.ts'

/**
 * What a client costs that the maze of secrets holds, and the share of one core that telling to all of them takes: 1,000 in
 * another process, each in a document of an hour. Target: 24 KiB a client; the first 16 KiB of
 * what each was told, which its event shows, come to that with time.
 */
export async function run(): Promise<Record<string, unknown>> {
  const most = 10_000
  const figures = await costOfHeld(secretsMaze, {
    connections: 1_000,
    targetKibEach: 24,
    options: { hold: { firstMs: 60_000, grace: 100, maxMs: 3_600_000 }, endless: true, held: { total: most, perNetwork: most } },
    request: 'GET /config.json HTTP/1.1\r\nHost: a\r\n\r\n',
  })
  console.table([figures])
  return figures
}
