import { afterEach, describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import { type Playing, type PlayOptions, play } from '../harness.ts'
import { MemoryHosts } from './memory-hosts.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function web(given: PlayOptions = {}): Promise<Playing> {
  playing = await play(http, { persona: 'debian-web', hosts: new MemoryHosts(), ...given })
  return playing
}

const get = async (p: Playing, target: string, extra = ''): Promise<string> =>
  (await p.exchange(`GET ${target} HTTP/1.1\r\nHost: www.test.lan\r\n${extra}Connection: close\r\n\r\n`)).toString()

describe('the web site of a persona', () => {
  it('serves its files', async () => {
    const p = await web()
    expect(await get(p, '/')).toMatch(/^HTTP\/1\.1 200 OK\r\nServer: nginx\/1\.22\.1\r\n[\s\S]*<!DOCTYPE html>/)
    expect(await get(p, '/assets/css/site.css?v=14')).toMatch(/Content-Type: text\/css\r\n/)
    expect(await get(p, '/news')).toMatch(/^HTTP\/1\.1 301 Moved Permanently\r\n[\s\S]*Location: http:\/\/www\.test\.lan:\d+\/news\/\r\n/)
    expect(await get(p, '/wp-login.php')).toMatch(/^HTTP\/1\.1 404 Not Found\r\nServer: nginx/)
    expect(p.deadLetters).toEqual([])
  })
})
