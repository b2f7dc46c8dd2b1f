import { once } from 'node:events'
import type { Client, ClientChannel } from 'ssh2'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { call, connectClient, exec, finish } from './client.ts'
import { type PlayingSsh, playSsh } from './play-ssh.ts'

let ssh: PlayingSsh
let client: Client
beforeAll(async () => {
  ssh = await playSsh()
})
afterAll(() => ssh.stop())
afterEach(() => {
  client.end()
})

describe('exec', () => {
  it('keeps stdout, stderr and exit status apart', async () => {
    client = await connectClient(ssh.port)
    expect(await exec(client, 'both')).toEqual({ stdout: 'out\n', stderr: 'err\n', code: 3, signal: undefined })
    expect(ssh.playing.data('ssh.exec').at(-1)).toEqual({ command: 'both' })
  })

  it('hands stdin to the command and ends it with the client’s end of file; the input becomes an artifact', async () => {
    client = await connectClient(ssh.port)
    expect((await exec(client, 'cat', 'payload\n')).stdout).toBe('payload\n')
    expect(ssh.playing.data('artifact').at(-1)).toMatchObject({ how: 'exec.stdin', name: 'cat', size: 8 })
  })

  it('tells the signal that ended a command', async () => {
    client = await connectClient(ssh.port)
    expect(await exec(client, 'killed')).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  it('carries more than a window in both directions', async () => {
    client = await connectClient(ssh.port)
    const input = Buffer.alloc(5_000_000, 'y')
    expect((await exec(client, 'cat', input)).stdout).toHaveLength(input.length)
    expect((await exec(client, 'big 6000000')).stdout).toHaveLength(6_000_000)
  })

  it('works over rekeying', async () => {
    client = await connectClient(ssh.port)
    for (let i = 0; i < 3; i++) {
      ;(client as unknown as { _protocol: { rekey(): void } })._protocol.rekey()
      expect((await exec(client, 'both')).code).toBe(3)
    }
  })

  it('tells the exit status to a client that has closed the channel before', async () => {
    client = await connectClient(ssh.port)
    const channel = await call<ClientChannel>((done) => client.exec('late', done))
    const status = new Promise((resolve) => channel.on('exit', resolve))
    channel.on('data', () => undefined)
    channel.close()
    expect(await status).toBe(5)
  })

  it('hangs up what runs when the client is gone', async () => {
    client = await connectClient(ssh.port)
    const before = ssh.host().hangups
    await call<ClientChannel>((done) => client.exec('wait', done))
    ;(client as unknown as { _sock: { destroy(): void } })._sock.destroy()
    await expect.poll(() => ssh.host().hangups).toBe(before + 1)
  })
})

describe('a shell', () => {
  it('has the terminal that the client asked for, follows its size, and ends with its status', async () => {
    client = await connectClient(ssh.port)
    const channel = await call<ClientChannel>((done) => client.shell({ term: 'xterm-256color', cols: 100, rows: 30 }, done))
    await once(channel, 'data')
    channel.setWindow(40, 120, 0, 0)
    const { stdout, code } = await finish(channel, 'hello\n')
    expect({ stdout, code }).toEqual({ stdout: 'you said hello\r\n', code: 7 })
    expect(ssh.host().spawned.at(-1)).toMatchObject({ terminal: { term: 'xterm-256color', columns: 100, rows: 30 }, via: 'sshd' })
    expect(ssh.host().resized.at(-1)).toEqual([120, 40])
  })

  it('gets the environment that Debian’s AcceptEnv lets through, and no more', async () => {
    client = await connectClient(ssh.port)
    const env = { LANG: 'de_DE.UTF-8', LC_ALL: 'C', LD_PRELOAD: '/tmp/x.so' }
    const channel = await call<ClientChannel>((done) => client.shell({ term: 'xterm' }, { env }, done))
    await finish(channel, 'x\n')
    expect(ssh.host().spawned.at(-1)?.environment).toEqual({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' })
    expect(ssh.playing.data('ssh.env').at(-1)).toEqual({ name: 'LD_PRELOAD', value: '/tmp/x.so', accepted: false })
  })

  it('passes signals on, but for root', async () => {
    client = await connectClient(ssh.port, { username: 'deploy' })
    const channel = await call<ClientChannel>((done) => client.exec('wait', done))
    channel.signal('TERM')
    await expect.poll(() => ssh.host().signals.at(-1)).toBe('TERM')
  })
})

describe('channels', () => {
  it('of sessions are ten at a time, as MaxSessions of OpenSSH', async () => {
    client = await connectClient(ssh.port)
    const opened = Array.from({ length: 11 }, () => call<ClientChannel>((done) => client.exec('wait', done)).then(() => 'open', String))
    expect(await Promise.all(opened)).toEqual([...Array(10).fill('open'), expect.stringContaining('open failed')])
  })

  it('for an unknown subsystem fail as a request', async () => {
    client = await connectClient(ssh.port)
    await expect(call((done) => client.subsys('foo', done))).rejects.toThrow('Unable to start subsystem: foo')
    expect(ssh.playing.data('ssh.subsystem').at(-1)).toEqual({ name: 'foo', accepted: false })
  })

  it('of another type do not open', async () => {
    client = await connectClient(ssh.port)
    await expect(call((done) => client.openssh_forwardOutStreamLocal('/run/docker.sock', done))).rejects.toThrow('open failed')
  })
})
