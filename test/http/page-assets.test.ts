import { inflateSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import { assetsIn, makeAsset } from '../../src/http/site/page-assets.ts'
import type { Answer, Engine, Question } from '../../src/llm/question.ts'
import { noEngine, type Playing, play } from '../harness.ts'
import { ask } from './ask.ts'
import { MemoryHosts } from './memory-hosts.ts'

const BODY =
  '<html><head><title>x</title><link rel="stylesheet" href="/assets/css/reset.css?v=2"><script src="/assets/js/reset.js"></script></head><body><img src="/assets/img/van.jpg" width="240" height="90"><img src="/assets/img/logo.svg"><img src="//evil.example/a.png"><img src="/../etc/a.png"></body></html>'
const writer: Engine = {
  async ask<A>(question: Question<A>): Promise<Answer<A>> {
    const page = { status: 200, headers: [{ name: 'Content-Type', value: 'text/html' }], body: BODY }
    return { value: question.kept ?? (page as A), source: 'llm', generation: {} }
  },
  state: noEngine.state,
}

let playing: Playing
afterEach(async () => playing?.stop())

describe('a made picture', () => {
  it('PNG has its size, its palette, and a row for each line', () => {
    const bytes = makeAsset('/a.png', 300, 120)
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([300, 120])
    const at = bytes.indexOf('IDAT')
    expect(inflateSync(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4)))).toHaveLength(301 * 120)
  })

  it('JPEG, GIF, icon and SVG begin as their kind and say their size', () => {
    const jpeg = makeAsset('/a.jpg', 300, 120)
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0))
    expect([jpeg.readUInt16BE(0), jpeg.readUInt16BE(frame + 7), jpeg.readUInt16BE(frame + 5), jpeg.readUInt16BE(jpeg.length - 2)]).toEqual([
      0xffd8, 300, 120, 0xffd9,
    ])
    const gif = makeAsset('/a.gif', 300, 120)
    expect([gif.toString('latin1', 0, 6), gif.readUInt16LE(6), gif.readUInt16LE(8), gif.at(-1)]).toEqual(['GIF89a', 300, 120, 0x3b])
    expect(makeAsset('/favicon.ico', 1, 1).subarray(22, 26).toString('latin1')).toBe('\x89PNG')
    expect(makeAsset('/a.svg', 300, 120).toString()).toMatch(/^<svg [^>]*width="300" height="120"/)
  })

  it('is the same for its name and another for another', () => {
    expect(makeAsset('/a.png', 20, 20)).toEqual(makeAsset('/a.png', 20, 20))
    expect(makeAsset('/a.png', 20, 20)).not.toEqual(makeAsset('/b.png', 20, 20))
  })
})

describe('what a page of the model names', () => {
  it('is there once the page is, with its type; what no page names is not', async () => {
    playing = await play(http, { persona: 'debian-web', hosts: new MemoryHosts(), engine: writer })
    expect((await ask(playing, 'GET', '/assets/img/van.jpg')).status).toBe(404)
    expect((await ask(playing, 'GET', '/portal/reset.php')).body).toBe(BODY)
    const picture = await ask(playing, 'GET', '/assets/img/van.jpg')
    expect([picture.status, picture.header('content-type')]).toEqual([200, 'image/jpeg'])
    expect(picture.bytes).toEqual(makeAsset('/assets/img/van.jpg', 240, 90))
    expect((await ask(playing, 'HEAD', '/assets/img/van.jpg')).header('content-length')).toBe(String(picture.bytes.length))
    expect((await ask(playing, 'GET', '/assets/css/reset.css?v=2')).header('content-type')).toBe('text/css')
    expect((await ask(playing, 'GET', '/assets/js/reset.js')).header('content-type')).toBe('application/javascript')
    expect((await ask(playing, 'GET', '/assets/img/bus.jpg')).status).toBe(404)
    expect((await ask(playing, 'GET', '/assets/img/logo.svg')).body).toContain('<svg')
    expect(playing.deadLetters).toEqual([])
  })

  it('lies on this site alone, and is bounded', () => {
    expect([...assetsIn(BODY).keys()]).toEqual([
      '/assets/css/reset.css',
      '/assets/js/reset.js',
      '/assets/img/van.jpg',
      '/assets/img/logo.svg',
    ])
    expect(assetsIn('<img src=/a.png width=9999>').get('/a.png')).toEqual({ width: 1600, height: 1000 })
    expect(assetsIn(Array.from({ length: 99 }, (_, n) => `<img src="/${n}.png">`).join('')).size).toBe(16)
  })
})
