import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { apache, lighttpd, nginx, StaticFiles, type WebServer } from '../../src/http/index.ts'
import { Bytes, comparable, playServer, recorded, talk } from './dialogue.ts'

const servers: [name: string, port: number, server: WebServer][] = [
  ['nginx', 18180, nginx({ header: 'nginx/1.22.1' })],
  ['apache', 18181, apache({ header: 'Apache/2.4.71 (Debian)', hostname: 'web.test.lan', keepAliveSeconds: 4, maxBody: 1024 * 1024 })],
  ['lighttpd', 18182, lighttpd({ header: 'lighttpd/1.4.69', maxBody: 1024 * 1024 })],
]

describe.each(servers)('%s', (name, port, server) => {
  it('answers each recorded exchange byte for byte', async () => {
    const playing = await playServer(server)
    const { exchanges } = recorded(name)
    const ours = new Map<string, unknown>()
    const truth = new Map<string, unknown>()
    // What a plain request on a TLS port gets is the lure's test.
    const names = Object.keys(exchanges).filter((key) => !key.endsWith('-on-tls'))
    while (names.length > 0) {
      const batch = names.splice(0, 90).map(async (key) => {
        const { send, reply, closes } = exchanges[key]!
        const got = await talk(playing.port(), send, 500, { reply, closes })
        ours.set(key, { reply: comparable(got.reply, [playing.port()]), closes: got.closes })
        truth.set(key, { reply: comparable(reply, [port]), closes })
      })
      await Promise.all(batch)
    }
    await playing.stop()
    const differing = [...truth.keys()].filter((key) => JSON.stringify(truth.get(key)) !== JSON.stringify(ours.get(key)))
    expect(Object.fromEntries(differing.map((k) => [k, ours.get(k)]))).toEqual(Object.fromEntries(differing.map((k) => [k, truth.get(k)])))
    expect(playing.deadLetters).toEqual([])
  })
})

/**
 * Recordings of daemons with another configuration: Apache without its conf-enabled/security.conf and mod_deflate, lighttpd without
 * any types of files.
 */
const daemons = JSON.parse(readFileSync(new URL('./truth/daemons.json', import.meta.url), 'utf8')) as Record<
  string,
  { package: string; send: unknown; reply: unknown }
>

it.each(Object.entries(daemons))('answers as the daemon recorded as %s', async (name, { send, reply }) => {
  const bare = { header: 'Apache/2.4.71 (Debian)', hostname: 'x', signature: false, trace: true, deflate: false }
  const untyped = { ...lighttpd({ header: 'lighttpd/1.4.69' }), contentType: () => undefined }
  const server = name.startsWith('nginx') ? nginx({ header: 'nginx/1.22.1' }) : name === 'lighttpd' ? untyped : apache(bare)
  const files = new Map([['/index.html', Buffer.alloc(10701, 'x')]])
  // 0x6b04f6f4 in nginx's validator, 0x660fc81371ada in Apache's: the same file, to the second and to the microsecond.
  const modified = (): number => (name.startsWith('nginx') ? 0x6b04f6f4 * 1000 : 0x660fc81371ada / 1000)
  const site = new StaticFiles({ server, files, modified })
  const playing = await playServer(server, { site: (request) => site.answer(request) })
  const got = await talk(playing.port(), Bytes.parse(send), 500, { reply: Bytes.parse(reply), closes: false })
  await playing.stop()
  expect(comparable(got.reply, [playing.port()])).toBe(comparable(Bytes.parse(reply), []))
})
