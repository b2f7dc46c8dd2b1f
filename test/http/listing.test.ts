import { afterEach, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ask } from './ask.ts'

let playing: Playing | undefined
afterEach(async () => playing?.stop())

it('a folder of the host without an index is listed by Apache, with links and pictures that are there, and refused by nginx', async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  for (const [persona, status] of [
    ['hospital-integration', 200],
    ['debian-web', 403],
  ] as const) {
    const state = new MemoryState()
    playing = await play(http, { persona, identity, state, hosts: createHosts({ identity, engine: noEngine, state }) })
    const page = await ask(playing, 'GET', '/assets/')
    expect([persona, page.status]).toEqual([persona, status])
    if (status === 200) {
      expect(page.body).toMatch(/<title>Index of \/assets<\/title>[\s\S]*Parent Directory/)
      const links = [...page.body.matchAll(/<td><a href="([^"/][^"]*)">/g)].map(([, name]) => `/assets/${name}`)
      const pictures = [...page.body.matchAll(/<img src="([^"]+)"/g)].map(([, path]) => path as string)
      expect(links.length).toBeGreaterThan(0)
      const one = playing
      const statuses = await Promise.all([...new Set([...links, ...pictures])].map(async (path) => (await ask(one, 'HEAD', path)).status))
      expect([...new Set(statuses)]).toEqual([200])
    }
    await playing.stop()
  }
}, 20_000)
