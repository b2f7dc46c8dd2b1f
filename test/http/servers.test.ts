import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { apache, lighttpd, nginx, StaticFiles, type WebServer } from '../../src/http/index.ts'
import { Bytes, comparable, playServer, recorded, talk, withValidators } from './dialogue.ts'

const servers: [name: string, port: number, server: WebServer][] = [
  ['nginx', 18180, nginx({ header: 'nginx/1.22.1' })],
  ['apache', 18181, apache({ header: 'Apache/2.4.71 (Debian)', hostname: 'web.test.lan', keepAliveSeconds: 4, maxBody: 1024 * 1024 })],
  ['lighttpd', 18182, lighttpd({ header: 'lighttpd/1.4.69', maxBody: 1024 * 1024 })],
]

/** Exchanges that are known to differ, and why. */
const DIFFERING: Readonly<Record<string, readonly string[]>> = {
  nginx: [],
  // Content-Language and charset of a name with an extension for it (AddLanguage, AddCharset): no site of ours has such names.
  apache: ['type-en.html', 'type-html.en', 'type-html.utf8'],
  // HTTP/2 without TLS, by its preface or by an upgrade: no server here speaks HTTP/2. And a second space before the version, which
  // lighttpd takes for a part of the path.
  lighttpd: ['h2-preface', 'upgrade-h2c', 't-blank-path'],
}

describe.each(servers)('%s', (name, port, server) => {
  it.each(['dialogue', 'corners'] as const)('answers each exchange of its recorded %s byte for byte', async (part) => {
    const playing = await playServer(server)
    const { exchanges } = recorded(name, part)
    const ours = new Map<string, unknown>()
    const truth = new Map<string, unknown>()
    // What a plain request on a TLS port gets is the lure's test.
    const names = Object.keys(exchanges).filter((key) => !key.endsWith('-on-tls'))
    while (names.length > 0) {
      const batch = names.splice(0, 200).map(async (key) => {
        const { send, reply, closes } = exchanges[key]!
        const isKnown = DIFFERING[name]?.includes(key)
        const expected = isKnown ? undefined : { reply, closes }
        const got = await talk(playing.port(), withValidators(send, server), 500, expected)
        ours.set(key, { reply: comparable(got.reply, [playing.port()]), closes: got.closes })
        truth.set(key, { reply: comparable(reply, [port]), closes })
      })
      await Promise.all(batch)
    }
    await playing.stop()
    const differing = [...truth.keys()].filter((key) => JSON.stringify(truth.get(key)) !== JSON.stringify(ours.get(key)))
    const known = DIFFERING[name]!.filter((key) => key in exchanges)
    const unknown = differing.filter((key) => !known.includes(key))
    expect(Object.fromEntries(unknown.map((k) => [k, ours.get(k)]))).toEqual(Object.fromEntries(unknown.map((k) => [k, truth.get(k)])))
    expect(known.filter((key) => !differing.includes(key))).toEqual([])
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
