import { describe, expect, it } from 'vitest'
import { WriteBack } from '../../src/host/process/write-back.ts'
import { makeHost } from './harness.ts'

const MIB = 1024 * 1024

describe('WriteBack', () => {
  it('takes what its cache holds at once, and then 48 MiB a second, however many write', () => {
    const disk = new WriteBack()
    expect(disk.take(16 * MIB, 1000)).toBe(0)
    expect(disk.take(24 * MIB, 1000)).toBeCloseTo(500)
    expect(disk.take(24 * MIB, 1000)).toBeCloseTo(1000)
  })

  it('has room again after a while', () => {
    const disk = new WriteBack()
    disk.take(64 * MIB, 1000)
    expect(disk.take(MIB, 60_000)).toBe(0)
  })
})

describe('a large file', () => {
  it('waits for the disk when it takes memory', async () => {
    const { run } = makeHost()
    const at = performance.now()
    expect((await run('dd if=/dev/urandom of=/tmp/x bs=1M count=28 2>&1 | head -2')).stdout).toBe('28+0 records in\n28+0 records out\n')
    // 12 MiB beyond the cache at 48 MiB a second.
    expect(performance.now() - at).toBeGreaterThan(230)
  })

  it('that fills the disk: the record that did not fit was read and not written', async () => {
    const { run } = makeHost()
    expect((await run('dd if=/dev/urandom of=/tmp/x bs=1M count=40 2>&1 | head -3')).stdout).toBe(
      "dd: error writing '/tmp/x': No space left on device\n33+0 records in\n32+0 records out\n",
    )
  })
})
