import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OutputEntry, type OutputOf } from '../../src/config/outputs.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { openTpot } from '../../src/outputs/tpot/tpot.ts'
import { tempFolder } from '../store/temp-folder.ts'

/** Has events written for T-Pot. @returns the folder that it would mount as /data */
export async function writeTpot(events: readonly SundewEvent[], over: Record<string, unknown> = {}): Promise<string> {
  const data = tempFolder()
  const folder = join(data, 'tpot')
  const recordings = events.flatMap((event) => (typeof event.data.ttylog === 'string' ? [event.data.ttylog] : []))
  for (const path of recordings) {
    mkdirSync(join(data, path, '..'), { recursive: true })
    writeFileSync(join(data, path), 'ttylog')
  }
  const settings = OutputEntry.parse({ kind: 'tpot', ...over }) as OutputOf<'tpot'>
  const sink = openTpot(settings, {
    folder,
    data,
    store: { events: async ({ session }) => events.filter((event) => event.session === session) },
    artifacts: { get: () => Buffer.from('captured') },
  })
  await sink.send(events, AbortSignal.timeout(5000))
  return folder
}
