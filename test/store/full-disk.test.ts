import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openJsonl } from '../../src/outputs/jsonl.ts'
import { openArtifactStore } from '../../src/store/artifacts.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { sampleTurn } from './sample-events.ts'
import { TroubleLog } from './trouble-log.ts'

const disk = mkdtempSync(join(tmpdir(), 'sundew-test-'))
/** A real small disk needs the right to mount one; elsewhere the tests with a seam must do. */
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'sundew', disk]).status === 0

afterAll(() => {
  if (mounted) spawnSync('umount', [disk])
  rmSync(disk, { recursive: true, force: true })
})

const ballast = join(disk, 'ballast')

function fill(): void {
  for (let bytes = 1 << 20; bytes >= 1024; bytes >>= 1) {
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(bytes), { flag: 'a' })
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' })
    }
  }
}

describe.skipIf(!mounted)('a disk of 4 MiB', () => {
  it('that runs full loses no event, artifact or line, and all is well again once there is room', async () => {
    const troubles = new TroubleLog()
    const store = openSqliteStore(disk, { flushMs: 5, onTrouble: troubles.note })
    const artifacts = openArtifactStore(join(disk, 'artifacts'))
    const jsonl = openJsonl({ folder: join(disk, 'log') })
    const events = Array.from({ length: 600 }, () => sampleTurn({ session: uuid7() }))
    const keep = (event: (typeof events)[number]): void => {
      store.append(event)
      jsonl.write(event)
    }
    for (const event of events.slice(0, 50)) keep(event)
    await store.flush()
    fill()
    const full = troubles.comes(/the disk of .* is full/)
    for (const event of events.slice(50)) keep(event)
    await full
    const { sha256 } = artifacts.put(Buffer.alloc(50_000, 7))
    expect(artifacts.trouble?.what).toMatch(/is full/)
    expect(store.health().refused).toBe(0)
    const well = troubles.ends()
    rmSync(ballast)
    await well
    await store.flush()
    jsonl.close()
    await store.close()

    const reader = openSqliteReader(disk)
    expect((await reader.events({})).map((event) => event.id)).toEqual(events.map((event) => event.id))
    reader.close()
    expect(artifacts.get(sha256)).toHaveLength(50_000)
    expect([jsonl.written, jsonl.dropped]).toEqual([600, 0])
  })
})
