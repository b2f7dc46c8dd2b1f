import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { openArtifactStore } from '../../src/store/artifacts.ts'
import { tempFolder } from './temp-folder.ts'
import { TroubleLog } from './trouble-log.ts'

const EICAR = Buffer.from('X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*')
const EICAR_SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f'

describe('captured bytes', () => {
  it('lie under their SHA-256, with the hashes that the world knows them by', () => {
    const folder = tempFolder()
    const store = openArtifactStore(folder)
    expect(store.put(EICAR)).toEqual({
      sha256: EICAR_SHA256,
      sha1: '3395856ce81f2b7382dee72602f798b642f14140',
      md5: '44d88612fea8a8f36de82e1278abb02f',
      size: 68,
      truncated: false,
      magic: 'text',
    })
    expect(readFileSync(join(folder, '27', EICAR_SHA256))).toEqual(EICAR)
    expect(store.get(EICAR_SHA256)).toEqual(EICAR)
  })

  it('cannot be run by accident, nor be read by other users', () => {
    const folder = tempFolder()
    openArtifactStore(folder).put(EICAR)
    expect(statSync(join(folder, '27', EICAR_SHA256)).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, '27')).mode & 0o777).toBe(0o700)
  })

  it('are kept once, and remember when they were first seen', () => {
    const folder = tempFolder()
    vi.setSystemTime(1000)
    const store = openArtifactStore(folder)
    const first = store.put(EICAR)
    vi.setSystemTime(2000)
    const later = openArtifactStore(folder)
    expect(later.put(Buffer.from(EICAR))).toEqual(first)
    later.put(Buffer.from('another'))
    vi.useRealTimers()
    expect(later.list().map(({ sha256, firstSeen }) => [sha256 === EICAR_SHA256, firstSeen])).toEqual([
      [false, 2000],
      [true, 1000],
    ])
    expect(later.list(1)).toHaveLength(1)
    expect(later.bytes()).toBe(EICAR.length + 'another'.length)
    expect(store.get(EICAR_SHA256)).toEqual(EICAR)
  })

  it('beyond the cap are cut and marked, under the hashes of the whole', () => {
    const store = openArtifactStore(tempFolder(), { maxBytes: 10 })
    const artifact = store.put(EICAR)
    expect(artifact).toMatchObject({ sha256: EICAR_SHA256, size: 68, truncated: true })
    expect(store.get(EICAR_SHA256)).toEqual(EICAR.subarray(0, 10))
    expect(store.list()[0]).toMatchObject({ size: 68, truncated: true })
  })

  it('that a smaller cap or a crash left short are completed when they come again', () => {
    const folder = tempFolder()
    openArtifactStore(folder, { maxBytes: 10 }).put(EICAR)
    const store = openArtifactStore(folder)
    expect(store.put(EICAR).truncated).toBe(false)
    expect(store.get(EICAR_SHA256)).toEqual(EICAR)
    truncateSync(join(folder, '27', EICAR_SHA256), 3)
    store.put(EICAR)
    expect(store.get(EICAR_SHA256)).toEqual(EICAR)
    expect(store.list()).toMatchObject([{ truncated: false }])
  })

  it('are described without being kept', () => {
    const folder = tempFolder()
    const store = openArtifactStore(folder)
    expect(store.describe(EICAR)).toEqual(store.put(EICAR))
    store.describe(Buffer.from('not kept'))
    expect(store.list()).toHaveLength(1)
  })

  it('go when they are removed', () => {
    const folder = tempFolder()
    const store = openArtifactStore(folder)
    store.put(EICAR)
    expect(store.bytes()).toBe(68)
    store.remove(EICAR_SHA256)
    expect([store.get(EICAR_SHA256), store.list(), store.bytes(), readdirSync(join(folder, '27'))]).toEqual([undefined, [], 0, []])
  })

  it('are found by a hash alone, never by a path', () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'secret'), 'x')
    const store = openArtifactStore(join(folder, 'artifacts'))
    store.put(EICAR)
    expect(store.get('../../secret')).toBeUndefined()
    store.remove('../../secret')
    expect(existsSync(join(folder, 'secret'))).toBe(true)
  })
})

describe('a full disk', () => {
  it('costs nothing of what was captured: it waits in memory until there is room', async () => {
    const folder = tempFolder()
    const troubles = new TroubleLog()
    let full = true
    const store = openArtifactStore(folder, {
      onTrouble: troubles.note,
      save(path, bytes) {
        if (full) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
        writeFileSync(path, bytes)
      },
    })
    expect(store.put(EICAR)).toMatchObject({ sha256: EICAR_SHA256, size: 68 })
    expect(store.trouble).toEqual({ what: expect.stringContaining('is full'), cure: expect.stringContaining('free space') })
    expect(store.get(EICAR_SHA256)).toEqual(EICAR)
    expect(store.list()).toMatchObject([{ sha256: EICAR_SHA256 }])
    const well = troubles.ends()
    full = false
    openArtifactStore(folder).put(EICAR)
    await well
    expect(store.get(EICAR_SHA256)).toEqual(EICAR)
    expect(store.trouble).toBeUndefined()
  })

  it('keeps the facts of what memory has no room for', () => {
    const store = openArtifactStore(tempFolder(), {
      save() {
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
      },
    })
    const large = Buffer.alloc(40 * 1024 * 1024, 1)
    store.put(large)
    large[0] = 2
    const sha256 = createHash('sha256').update(large).digest('hex')
    expect(store.put(large).sha256).toBe(sha256)
    expect(store.get(sha256)).toBeUndefined()
  })

  it('leaves no half file', () => {
    const folder = tempFolder()
    // A folder where the file should be: its draft can be written, but not be renamed.
    mkdirSync(join(folder, '27', EICAR_SHA256), { recursive: true })
    const store = openArtifactStore(folder)
    store.put(EICAR)
    expect(store.trouble).toBeDefined()
    expect(readdirSync(join(folder, '27'))).toEqual([EICAR_SHA256])
  })
})
