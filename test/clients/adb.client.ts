import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../emulators/adb/conversation.ts'
import { apkOf } from '../fixtures/apk.ts'
import type { Playing } from '../harness.ts'
import { ran } from './ran.ts'

/** Each server of adb has a port of its own, so that nobody's own is disturbed. */
const SERVER_PORT = String(20_000 + (process.pid % 20_000))
let folder: string
let open: Playing
let old: Playing
let guarded: Playing

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adb-client-'))
  ;[open, old, guarded] = await Promise.all([serve(), serve({ features: [] }), serve({ authentication: 'accept' })])
  for (const device of [open, old]) expect((await adb(['connect', at(device)])).stdout).toBe(`connected to ${at(device)}\n`)
})
afterAll(async () => {
  await adb(['kill-server'])
  await Promise.all([open.stop(), old.stop(), guarded.stop()])
  rmSync(folder, { recursive: true, force: true })
})

const at = (playing: Playing): string => `127.0.0.1:${playing.port()}`

function adb(words: string[], input?: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ANDROID_ADB_SERVER_PORT: SERVER_PORT, HOME: folder, TERM: 'xterm' }
    const child = execFile('adb', words, { env, timeout: 20_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    )
    child.stdin?.end(input)
  })
}

const on = (playing: Playing, ...words: string[]) => adb(['-s', at(playing), ...words])
const file = (name: string, bytes: Buffer): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

describe("Debian's adb", () => {
  it('lists the device with what getprop says', async () => {
    expect((await adb(['devices', '-l'])).stdout).toContain(`${at(open)}`)
    expect((await adb(['devices', '-l'])).stdout).toMatch(/device product:p281 model:X96mini device:p281/)
    expect((await on(open, 'get-state')).stdout).toBe('device\n')
    expect((await on(open, 'shell', 'getprop ro.product.model')).stdout).toBe('X96mini\n')
  })

  it('runs commands with streams apart and exit codes', async () => {
    expect((await on(open, 'shell', 'id')).stdout).toMatch(/^uid=2000\(shell\) /)
    expect(await on(open, 'shell', 'echo out; nope; exit 7')).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: '/system/bin/sh: nope: not found\n',
    })
    expect((await on(open, 'shell', 'pwd')).stdout).toBe('/\n')
    expect((await on(open, 'exec-out', 'id -u')).stdout).toBe('2000\n')
    expect((await on(open, 'shell', '-T', 'id -u')).stdout).toBe('2000\n')
    expect((await on(old, 'shell', '-T', 'id')).stderr).toContain('device only supports allocating a pty')
    expect((await on(old, 'shell', 'id -u; nope')).stdout).toBe('2000\n/system/bin/sh: nope: not found\n')
    expect((await on(open, 'shell', 'cat')).code).toBe(0)
  })

  it('reads a script from standard input', async () => {
    expect((await adb(['-s', at(open), 'shell'], 'id -u\nexit 3\n')).stdout).toBe('2000\n')
  })

  it.each(['new', 'old'])('pushes and pulls the same bytes: %s protocol', async (which) => {
    const device = which === 'new' ? open : old
    const bytes = Buffer.concat([randomBytes(200_000), Buffer.from('DONE....DATA....'), randomBytes(70_000)])
    const path = `/data/local/tmp/${which}.bin`
    expect((await on(device, 'push', file('big', bytes), path)).stdout).toContain('1 file pushed')
    expect((await on(device, 'shell', `ls -l ${path}`)).stdout).toMatch(/^-rw-.* shell shell 270016 /)
    expect((await on(device, 'pull', path, join(folder, 'back'))).stdout).toContain('1 file pulled')
    expect(sha256(readFileSync(join(folder, 'back')))).toBe(sha256(bytes))
    expect(device.artifacts.get(sha256(bytes))?.equals(bytes)).toBe(true)
  })

  it('is refused where a user may not write', async () => {
    const { code, stderr, stdout } = await on(open, 'push', file('x', Buffer.from('x')), '/system/bin/x')
    expect(code).toBe(1)
    expect(stdout + stderr).toContain("couldn't create file: Permission denied")
  })

  it('lists a folder', async () => {
    expect((await on(open, 'ls', '/sdcard/')).stdout).toMatch(/^[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8} Download$/m)
  })

  it.each(['new', 'old'])('installs, lists and removes a package: %s protocol', async (which) => {
    const device = which === 'new' ? open : old
    const apk = apkOf(`com.${which}.miner`)
    const { stdout } = await on(device, 'install', '-t', file(`${which}.apk`, apk))
    expect(stdout).toContain(which === 'new' ? 'Performing Streamed Install' : 'Performing Push Install')
    expect(stdout).toContain('Success')
    expect(device.artifacts.get(sha256(apk))?.equals(apk)).toBe(true)
    expect((await on(device, 'shell', 'pm list packages -3')).stdout).toContain(`package:com.${which}.miner`)
    expect((await on(device, 'uninstall', `com.${which}.miner`)).stdout).toBe('Success\n')
  })

  it('asks the daemon for this and that', async () => {
    expect((await on(open, 'reverse', 'tcp:6100', 'tcp:7100')).code).toBe(0)
    expect((await on(open, 'reverse', '--list')).stdout).toMatch(/^host-\d+ tcp:6100 tcp:7100\n/)
    expect((await on(open, 'reverse', 'tcp:0', 'tcp:7200')).stdout).toMatch(/^\d{5}\n$/)
    expect((await on(open, 'reverse', '--remove', 'tcp:1')).stderr).toContain("listener 'tcp:1' not found")
    // A forward is the server's own port; what connects there asks the device for the other end.
    const forward = await on(open, 'forward', 'tcp:0', 'tcp:8080')
    await ran('nc', ['-w', '2', '127.0.0.1', forward.stdout.trim()], 'GET / HTTP/1.0\r\n\r\n')
    await expect.poll(() => open.data('adb.open')).toContainEqual(expect.objectContaining({ service: 'tcp:8080' }))
    expect((await on(open, 'jdwp')).stderr).toBe('error: closed\n')
    expect((await on(open, 'logcat', '-d')).stdout).toContain('--------- beginning of main')
    expect((await on(open, 'remount')).stdout).toContain('Not running as root')
    expect(open.data('adb.reverse')).toContainEqual({ request: 'forward:tcp:6100;tcp:7100' })
  })

  it('becomes root, and the shells of its next connection are', async () => {
    expect((await on(open, 'root')).stdout).toBe('restarting adbd as root\n')
    await adb(['connect', at(open)])
    expect((await on(open, 'shell', 'id -u')).stdout).toBe('0\n')
    expect((await on(open, 'root')).stdout).toBe('adbd is already running as root\n')
    expect((await on(open, 'tcpip', '5555')).stdout).toBe('restarting in TCP mode port: 5555\n')
  })

  it('restarts the device, which comes back as the shell user', async () => {
    expect((await on(open, 'reboot')).code).toBe(0)
    await expect.poll(() => open.data('adb.control')).toContainEqual({ action: 'reboot', argument: '' })
    await adb(['disconnect', at(open)])
    await adb(['connect', at(open)])
    expect((await on(open, 'shell', 'id -u')).stdout).toBe('2000\n')
  })

  it('shows its key to a device that asks for one', async () => {
    expect((await adb(['connect', at(guarded)])).stdout).toBe(`failed to authenticate to ${at(guarded)}\n`)
    const { data } = await guarded.seen('adb.key', 1, 8000)
    expect(data).toMatchObject({
      fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){15}[0-9A-F]{2}$/),
      comment: expect.stringMatching(/@/),
    })
    await guarded.seen('adb.connect')
    for (let tries = 0; tries < 8 && (await on(guarded, 'get-state')).stdout !== 'device\n'; tries++)
      await new Promise((resolve) => setTimeout(resolve, 500))
    expect((await on(guarded, 'shell', 'id -u')).stdout).toBe('2000\n')
  })
})

it('nmap names the device', async () => {
  // nmap tries its probe for adb first on port 5555 only; here it knows no other.
  const probes = readFileSync('/usr/share/nmap/nmap-service-probes', 'utf8')
  const section = probes.split(/^(?=Probe )/m).find((text) => text.startsWith('Probe TCP adbConnect'))
  const versions = file('probes', Buffer.from(section ?? ''))
  const stdout = await new Promise<string>((resolve) => {
    const words = ['-Pn', '-sV', '--version-all', '--versiondb', versions, '-p', String(open.port()), '127.0.0.1']
    execFile('nmap', words, { timeout: 50_000 }, (_, out) => resolve(out))
  })
  expect(stdout).toMatch(/adb\s+Android Debug Bridge device \(name: p281; model: X96mini; device: p281/)
})
