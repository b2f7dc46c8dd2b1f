import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { createHosts } from '../../src/host/hosts.ts'
import ssh from '../../src/ssh/index.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssh-libraries-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Listens on all addresses, so that the persona's own policy decides who gets in: root by 123456. */
function start(): Promise<Playing> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const settings = { data: join(folder, 'data'), listen: { offset: 0, host: '0.0.0.0' } }
  return play(ssh, { persona: 'debian-web', identity, state, hosts, settings })
}

interface Login {
  password: string
  accepted: boolean
}

describe('crackers find the weak password, and each attempt is written down once', () => {
  it.each([
    ['hydra', ['-I', '-t', '1', '-l', 'root'], ['letmein1', '123456']],
    // One password: at the second ncrack 0.7 of Debian 12 dies of a segmentation fault, against a real sshd as well.
    ['ncrack', ['-T3', '--connection-limit', '1', '--user', 'root'], ['123456']],
  ])('%s', async (program, options, passwords) => {
    const playing = await start()
    const list = join(folder, 'passwords')
    writeFileSync(list, `${passwords.join('\n')}\n`)
    const { stdout } = await ran(program, [...options, '-P', list, `ssh://127.0.0.1:${playing.port()}`])
    const found = stdout.matchAll(/(?:login: root\s+password: |'root' ')(\w+)/g)
    expect(Array.from(found, ([, password]) => password)).toEqual(['123456'])
    const tried = playing.data<Login>('login').map(({ password, accepted }) => ({ password, accepted }))
    expect(tried).toEqual(passwords.map((password) => ({ password, accepted: password === '123456' })))
    await playing.stop()
  })
})

describe('libraries that bots are built with', () => {
  let playing: Playing
  beforeAll(async () => {
    playing = await start()
  })
  afterAll(() => playing.stop())

  it('libssh runs a command', async () => {
    const got = await ran('/usr/bin/python3', [
      'test/clients/libssh.py',
      String(playing.port()),
      'echo out; cat /etc/debian_version; exit 3',
    ])
    expect(got).toEqual({ code: 0, stdout: "b'out\\n12.15\\n' 3\n", stderr: '' })
  })

  it('libssh2 fetches a file', async () => {
    const got = await ran('curl', ['-sk', '-u', 'root:123456', `sftp://127.0.0.1:${playing.port()}/etc/debian_version`])
    expect(got).toMatchObject({ code: 0, stdout: '12.15\n' })
  })

  it("Go's x/crypto/ssh copies files both ways and runs the commands that it asks for", async () => {
    const { stdout: secret } = await ran('rclone', ['obscure', '123456'])
    const remote = `:sftp,host=127.0.0.1,port=${playing.port()},user=root,pass=${secret.trim()}:`
    const options = ['--config', join(folder, 'rclone.conf'), '--retries', '1']
    writeFileSync(join(folder, 'bot'), Buffer.alloc(100_000, 'x'))
    expect(await ran('rclone', ['copy', ...options, join(folder, 'bot'), `${remote}/tmp`])).toMatchObject({ code: 0 })
    expect((await ran('rclone', ['lsl', ...options, `${remote}/tmp`])).stdout).toMatch(/^ *100000 .* bot$/m)
    expect((await ran('rclone', ['sha1sum', ...options, `${remote}/tmp/bot`])).stdout).toMatch(/^[0-9a-f]{40} {2}bot$/m)
    expect(playing.data('ssh.version').some(({ version }) => /^SSH-2\.0-rclone/.test(String(version)))).toBe(true)
    expect(playing.data('artifact').some(({ how, size }) => how === 'sftp' && size === 100_000)).toBe(true)
  })

  it('rsync brings a folder and fetches it again', async () => {
    mkdirSync(join(folder, 'kit/sub'), { recursive: true })
    writeFileSync(join(folder, 'kit/implant'), 'x')
    writeFileSync(join(folder, 'kit/sub/list'), 'one\n'.repeat(30_000))
    const remote = `sshpass -p 123456 ssh -p ${playing.port()} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`
    const host = 'root@127.0.0.1:/tmp/'
    expect(await ran('rsync', ['-az', '-e', remote, join(folder, 'kit'), host])).toMatchObject({ code: 0, stderr: '' })
    expect(playing.data('artifact').filter(({ how }) => how === 'rsync')).toHaveLength(2)
    expect(await ran('rsync', ['-a', '-e', remote, `${host}kit/sub/list`, join(folder, 'back')])).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(join(folder, 'back'), 'utf8')).toBe('one\n'.repeat(30_000))
  })
})
