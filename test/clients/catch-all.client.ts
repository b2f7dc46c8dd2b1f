import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import catchAll from '../../src/emulators/catch-all/index.ts'
import redis from '../../src/emulators/redis/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(catchAll, {
    ports: [0, 0, 0],
    options: { waitMs: 500 },
    persona: 'debian-web',
    identity,
    state,
    hosts: createHosts({ identity, engine: noEngine, state }),
    beside: [http, redis],
  })
})
afterAll(() => playing.stop())

const opening = (): unknown => playing.data('catch-all.opening').at(-1)

describe('the lure of what a client speaks', () => {
  it('answers curl, in clear and over TLS', async () => {
    expect((await ran('curl', ['-sS', `http://127.0.0.1:${playing.port()}/`])).stdout).toContain('<html')
    expect(opening()).toMatchObject({ protocol: 'http', lure: 'http' })
    expect((await ran('curl', ['-sSk', `https://127.0.0.1:${playing.port(1)}/`])).stdout).toContain('<html')
    expect(opening()).toMatchObject({ protocol: 'tls', lure: 'http' })
  })

  it('answers redis-cli', async () => {
    const { stdout } = await ran('redis-cli', ['-p', String(playing.port(2)), 'SET', 'x', 'y'])
    expect(stdout.trim()).toBe('OK')
    expect(opening()).toMatchObject({ protocol: 'redis', lure: 'redis' })
  })
})

it('nc is listened to, and what it sent is kept', async () => {
  const { stdout } = await ran('nc', ['-w', '1', '127.0.0.1', String(playing.port())], 'JDWP-Handshake')
  expect(stdout).toBe('')
  await playing.seen('catch-all.payload')
  expect(playing.data('catch-all.payload').at(-1)).toMatchObject({ data: 'JDWP-Handshake', bytes: 14 })
})

it('nmap takes the port for what its first answered probe spoke', async () => {
  expect(await nmapNames(playing.port(), '--version-light')).toMatch(/^http +nginx 1\.22\.1$/)
}, 130_000)
