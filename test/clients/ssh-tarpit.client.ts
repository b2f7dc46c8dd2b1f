import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import sshTarpit from '../../src/emulators/ssh-tarpit/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing

beforeAll(async () => {
  playing = await play(sshTarpit, { persona: 'debian-web', options: { delayMs: { min: 300, max: 900 } } })
})
afterAll(() => playing.stop())

describe('ssh', () => {
  it('reads lines before a banner that never comes, until its own time is over', async () => {
    const args = [
      '-v',
      '-o',
      'BatchMode=yes',
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'ConnectTimeout=5',
      '-p',
      String(playing.port()),
      '127.0.0.1',
    ]
    const { stderr } = (await run('ssh', args).catch((error: unknown) => error)) as { stderr: string }
    expect(stderr).toMatch(/debug1: kex_exchange_identification: banner line 0: /)
    expect(stderr).toContain('Connection timed out during banner exchange')
    expect((await playing.seen('ssh-tarpit.client')).data).toMatchObject({ isSsh: true })
  })
})

describe('nc', () => {
  it('gets bytes within two seconds', async () => {
    const { stdout } = await run('timeout', ['2', 'nc', '127.0.0.1', String(playing.port())]).catch(
      (error: unknown) => error as { stdout: string },
    )
    expect(stdout.length).toBeGreaterThan(0)
  })

  it('is seen to leave at once', async () => {
    const before = playing.data('ssh-tarpit.released').length
    const nc = spawn('nc', ['127.0.0.1', String(playing.port())])
    await new Promise((resolve) => nc.stdout.once('data', resolve))
    const leftAt = Date.now()
    nc.kill()
    const released = await playing.seen('ssh-tarpit.released', before + 1)
    expect(released.time - leftAt).toBeLessThan(1000)
  })
})

describe('nmap', () => {
  it('-sV finds no SSH server', async () => {
    const { stdout } = await run('nmap', ['-Pn', '-sV', '--version-light', '-p', String(playing.port()), '127.0.0.1'])
    expect(stdout).toMatch(/open/)
    expect(stdout).not.toContain('OpenSSH')
  })
})
