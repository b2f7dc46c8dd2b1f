import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import lure from '../../src/emulators/mongodb/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let playing: Playing
beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(lure, { persona: 'debian-web', identity, state, hosts: createHosts({ identity, engine: noEngine, state }) })
})
afterAll(async () => playing.stop())

const script = async (...names: string[]): Promise<string> =>
  (await ran('nmap', ['-n', '-Pn', '-p', String(playing.port()), '--script', names.map((name) => `+${name}`).join(','), '127.0.0.1']))
    .stdout

describe('nmap', () => {
  it('is told of the server and its databases', async () => {
    const told = await script('mongodb-info', 'mongodb-databases')
    expect(told).toMatch(/version = 4\.4\.29/)
    expect(told).toMatch(/name = tw_portal/)
  })
})
