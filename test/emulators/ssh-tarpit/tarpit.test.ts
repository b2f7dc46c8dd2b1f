import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeKexInit, hassh, type KexInit } from '../../../src/emulators/ssh-tarpit/codec.ts'
import { jitteredDelay, tarpitLine } from '../../../src/emulators/ssh-tarpit/drip.ts'
import sshTarpit from '../../../src/emulators/ssh-tarpit/index.ts'
import { type Due, TimingWheel } from '../../../src/emulators/ssh-tarpit/timing-wheel.ts'
import { connect, type Playing, play } from '../../harness.ts'

describe('a held client', () => {
  let playing: Playing
  let client: Socket
  beforeEach(async () => {
    playing = await play(sshTarpit, {
      persona: 'plain',
      prompts: 'test/fixtures/prompts',
      options: { firstMs: { min: 100, max: 100 }, delayMs: { min: 100, max: 200 } },
    })
    client = await connect(playing.port())
  })
  afterEach(async () => {
    client.destroy()
    await playing.stop()
  })

  it('gets its first bytes soon, then more, and never an identification', async () => {
    let heard = ''
    client.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1')
    })
    const startedAt = performance.now()
    await once(client, 'data')
    expect(performance.now() - startedAt).toBeLessThan(2000)
    while (heard.split('\r\n').length < 3) await once(client, 'data')
    for (const line of heard.split('\r\n')) {
      expect(line).not.toMatch(/^SSH-/)
      expect(line).toMatch(/^[ -~]{0,46}$/)
    }
  })

  it('tells its version and its HASSH, though nobody asked', async () => {
    const lists: KexInit = {
      kex: 'curve25519-sha256',
      hostKey: 'ssh-ed25519',
      encryptionToServer: 'aes128-ctr',
      encryptionToClient: 'aes128-ctr',
      macToServer: 'hmac-sha2-256',
      macToClient: 'hmac-sha2-256',
      compressionToServer: 'none',
      compressionToClient: 'none',
      languageToServer: '',
      languageToClient: '',
    }
    const greeting = Buffer.concat([Buffer.from('SSH-2.0-Go\r\n'), encodeKexInit(lists)])
    for (const piece of [greeting.subarray(0, 5), greeting.subarray(5, 40), greeting.subarray(40)]) {
      client.write(piece)
      await new Promise(setImmediate)
    }
    const { value, raw } = hassh(lists)
    expect((await playing.seen('fingerprint')).data).toEqual({ kind: 'hassh', value, raw })
    expect(playing.data('ssh-tarpit.client')).toEqual([{ line: 'SSH-2.0-Go', isSsh: true }])
  })

  it('that is no SSH client is written down all the same', async () => {
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await playing.seen('ssh-tarpit.client')).data).toEqual({ line: 'GET / HTTP/1.1', isSsh: false })
  })

  it('is released within a second of its FIN, with the bytes it got', async () => {
    let received = 0
    client.on('data', (bytes: Buffer) => {
      received += bytes.length
    })
    await once(client, 'data')
    const startedAt = performance.now()
    client.end()
    const { data } = await playing.seen('ssh-tarpit.released')
    expect(performance.now() - startedAt).toBeLessThan(1000)
    expect(data).toMatchObject({ bytes: received, heardBytes: 0 })
    expect((await playing.seen('session.close')).data).toMatchObject({ reason: 'lure', bytesOut: received })
  })

  it('that sends without end is listened to no further than a few kilobytes', async () => {
    client.write(`SSH-2.0-x\r\n${'x'.repeat(200_000)}`)
    client.end()
    expect((await playing.seen('ssh-tarpit.released')).data).toMatchObject({ heardBytes: 200_011 })
    expect(playing.data('lure.fault')).toEqual([])
  })
})

describe('the lines', () => {
  it('are printable, end with CR LF, stay within their bounds and never begin with SSH-', () => {
    for (let i = 0; i < 5000; i++) {
      const line = tarpitLine({ min: 3, max: 32 }).toString('latin1')
      expect(line).toMatch(/^(?!SSH-)[ -~]{1,30}\r\n$/)
    }
  })

  it('come at times that no two connections share', () => {
    const delays = Array.from({ length: 1000 }, () => jitteredDelay({ min: 5_000, max: 40_000 }))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(5_000)
    expect(Math.max(...delays)).toBeLessThanOrEqual(40_000)
    expect(new Set(delays).size).toBeGreaterThan(300)
  })
})

describe('the timing wheel', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const due = (): Due => ({ slot: -1, turns: 0 })

  it('calls each when it is due, short waits and waits of many turns', () => {
    const called: [Due, number][] = []
    const wheel = new TimingWheel<Due>((one) => called.push([one, Date.now() - startedAt]))
    const startedAt = Date.now()
    const waits = [100, 250, 51_200, 51_300, 120_000]
    const dues = waits.map((ms) => {
      const one = due()
      wheel.schedule(one, ms)
      return one
    })
    vi.advanceTimersByTime(130_000)
    expect(called).toEqual(waits.map((ms, i) => [dues[i], Math.ceil(ms / 100) * 100]))
  })

  it('runs one timer for all, and none when nobody waits', () => {
    const wheel = new TimingWheel<Due>(() => undefined)
    const dues = Array.from({ length: 1000 }, due)
    for (const one of dues) wheel.schedule(one, 5000)
    expect(vi.getTimerCount()).toBe(1)
    for (const one of dues) wheel.cancel(one)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('forgets who was cancelled or scheduled anew', () => {
    const called: Due[] = []
    const wheel = new TimingWheel<Due>((one) => called.push(one))
    const [kept, cancelled] = [due(), due()]
    wheel.schedule(kept, 200)
    wheel.schedule(cancelled, 200)
    wheel.cancel(cancelled)
    wheel.schedule(kept, 1000)
    vi.advanceTimersByTime(900)
    expect(called).toEqual([])
    vi.advanceTimersByTime(200)
    expect(called).toEqual([kept])
  })
})
