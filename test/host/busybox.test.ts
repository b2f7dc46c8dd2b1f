import { describe, expect, it } from 'vitest'
import { makeHost } from './harness.ts'

describe('BusyBox of the router', () => {
  const router = makeHost('openwrt-router')

  it('answers the question of Mirai and its kin as a real one does', async () => {
    expect(await router.run('/bin/busybox ECCHI')).toEqual({ stdout: '', stderr: 'ECCHI: applet not found\n', exitCode: 127 })
    expect(await router.run('enable; system; shell; sh -c "busybox MIRAI"')).toMatchObject({
      stderr: 'ash: enable: not found\nash: system: not found\nash: shell: not found\nMIRAI: applet not found\n',
      exitCode: 127,
    })
  })

  it('is named and dated as its package', async () => {
    const { stdout } = await router.run('busybox')
    expect(stdout).toMatch(/^BusyBox v1\.35\.0 \(2023-01-03 00:24:21 UTC\) multi-call binary\.\n/)
    expect(stdout).toContain('Currently defined functions:\n\t[, [[, ash, awk, basename,')
    expect(stdout.split('\n').every((line) => line.length <= 80)).toBe(true)
  })

  it('runs an applet by link and by first argument', async () => {
    expect((await router.run('busybox echo a b; echo c')).stdout).toBe('a b\nc\n')
    expect((await router.run('busybox --list | grep -c .')).stdout.trim()).toMatch(/^1[0-9]\d$/)
  })

  it('knows by its own name only what it is, wherever it was copied', async () => {
    const { stderr, exitCode } = await router.run('cp /bin/busybox /tmp/x; /tmp/x')
    expect({ stderr, exitCode }).toEqual({ stderr: 'x: applet not found\n', exitCode: 127 })
  })
})

describe('BusyBox of Debian', () => {
  it('has the applets of its package', async () => {
    const { run } = makeHost('debian-web')
    expect((await run('busybox --list | head -3')).stdout).toBe('[\n[[\nacpid\n')
  })
})
