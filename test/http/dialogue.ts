import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { nginx, pageFacts, type Site, StaticFiles, serveHttp, type WebServer, webEvents } from '../../src/http/index.ts'
import { defineLure } from '../../src/sensor/lure.ts'
import { type Playing, play } from '../harness.ts'

/** Bytes of a recording: text, with runs of one character written `{{a*9000}}`, or base64. */
export const Bytes = z
  .union([z.string(), z.object({ base64: z.string() })])
  .transform((value) =>
    typeof value === 'string'
      ? Buffer.from(value.replace(/\{\{([\s\S])\*(\d+)\}\}/g, (_, unit: string, times: string) => unit.repeat(Number(times))))
      : Buffer.from(value.base64, 'base64'),
  )
export const Dialogue = z.object({
  server: z.string(),
  package: z.string(),
  exchanges: z.record(z.string(), z.object({ send: Bytes, reply: Bytes, closes: z.boolean() })),
})

/** @param part `dialogue`, or `corners`: what scanners and fuzzers ask, of the same servers with the same files */
export function recorded(name: string, part: 'dialogue' | 'corners'): z.infer<typeof Dialogue> {
  return Dialogue.parse(JSON.parse(readFileSync(new URL(`./truth/${name}-${part}.json`, import.meta.url), 'utf8')))
}

/** Names of files that differ in what type their server gives them. */
const TYPED =
  'a.htm a.shtml a.xhtml a.xml a.rss a.atom a.svg a.ico a.gif a.jpg a.jpeg a.webp a.avif a.bmp a.tif a.mjs a.map ' +
  'a.webmanifest a.wasm a.woff a.woff2 a.ttf a.otf a.eot a.pdf a.doc a.docx a.xls a.xlsx a.ppt a.zip a.gz a.tgz a.tar.gz ' +
  'a.bz2 a.xz a.7z a.rar a.tar a.mp3 a.mp4 a.m4a a.webm a.ogg a.avi a.flv a.swf a.csv a.md a.yaml a.yml a.toml a.sql a.bak ' +
  'a.old a.log a.conf a.cfg a.ini a.env a.sh a.py a.pl a.rb a.jar a.war a.class a.exe a.dll a.bin a.iso a.deb a.rpm a.apk ' +
  'a.crt a.pem a.key a.p12 a.eml a.ics a.vcf a.rtf a.epub a.txt.gz a.html.bak a.HTML a.en.html a.html.en a.html.utf8 ' +
  'a.php.jpg a.html.unknown a.unknown a.tar.unknown a.cgi a.asp a.jsp a.inc a.fcgi noext README .html a.'

/** Files of a folder without an index. */
const LISTED =
  'a.tar.gz|README|long-name-of-a-file-which-goes-on-and-on-to-the-end.html|file10.txt|file9.txt|noext|sp & <x>.html|f~|é.pdf|core|' +
  'x.sh|x.zip|x.mp3|x.mp4|x.py|B.TXT|x.doc|x.css|x.sql|x.exe|.hidden'

/** Files of the document root that the recorded servers had, all of one time. */
const FILES = new Map(
  Object.entries({
    '/index.html':
      '<!DOCTYPE html>\n<html><head><title>A site</title></head>\n<body><h1>A site</h1><p>Some words that are long enough to be worth ' +
      'compressing: some words, some words, some words.</p></body>\n</html>\n',
    '/site.css': 'body { color: black }\n',
    '/file.txt': 'plain text\n',
    '/dir/index.html': 'hi\n',
    '/empty/a.txt': 'x\n',
    '/denied/x.html': 'x\n',
    '/auth/index.html': 'x\n',
    '/big.bin': 'a'.repeat(3000),
    '/d.json': '{"a":1}\n',
    '/s.js': 'alert(1)\n',
    '/none.txt': '',
    '/a b.txt': 'x\n',
    '/ä.txt': 'x\n',
    '/dir/.htpasswd': 'x\n',
    '/long.svg': `<svg xmlns="http://www.w3.org/2000/svg">${' '.repeat(200)}</svg>\n`,
    '/long.json': `{"a":"${'a'.repeat(200)}"}\n`,
    '/long.txt': `${'words '.repeat(40)}\n`,
    '/long.xml': `<a>${' '.repeat(200)}</a>\n`,
    ...Object.fromEntries(LISTED.split('|').map((name) => [`/list/${name}`, 'x'])),
    '/list/b.bin': '\0'.repeat(2990),
    '/list/c.iso': '\0'.repeat(1_500_000),
    '/list/d.jpg': '\0'.repeat(102_400),
    '/list/e.php': '',
    '/list/sub/x': 'x',
    ...Object.fromEntries(TYPED.split(' ').map((name) => [`/types/${name}`, 'x\n'])),
  }).map(([path, text]): [string, Buffer] => [path, Buffer.from(text)]),
).set('/p.png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))
export const MODIFIED = Date.UTC(2026, 2, 5, 10, 20, 30) + 123.456

/** All are of one time, but for two that show the order of a listing. */
function modifiedOf(path: string): number {
  if (path === '/list/b.bin') return Date.UTC(2026, 2, 6, 1, 2, 3)
  return path === '/list/sub/' ? Date.UTC(2025, 0, 2, 3, 4, 5) : MODIFIED
}

/** The configuration that the recorded servers had: what is denied, what asks for a password, what is redirected. */
export function recordedSite(server: WebServer): {
  site: Site
  beforeBody: (request: Parameters<Site>[0]) => ReturnType<StaticFiles['answer']>
} {
  const files = new StaticFiles({ server, files: FILES, modified: modifiedOf })
  const realm = server.name === 'lighttpd' ? 'Basic realm="Area", charset="UTF-8"' : 'Basic realm="Area"'
  const answer = (request: Parameters<Site>[0]): ReturnType<StaticFiles['answer']> => {
    const facts = pageFacts(request)
    const { path } = request
    if (path.startsWith('/denied/')) return server.page(403, facts)
    if (path.startsWith('/auth/')) {
      const page = server.page(401, facts)
      return { ...page, headers: [['WWW-Authenticate', realm], ...(page.headers ?? [])] }
    }
    const status = Number(/^\/s(\d{3})$/.exec(path)?.[1] ?? 0)
    if (status >= 400) return server.page(status, facts)
    if (path === '/redir') return redirectTo(server, server.name === 'lighttpd' ? 301 : 302, request)
    if (path === '/e301' && server.name !== 'lighttpd') return redirectTo(server, 301, request)
    return files.answer(request)
  }
  return { site: answer, beforeBody: answer }
}

function redirectTo(server: WebServer, status: number, request: Parameters<Site>[0]): ReturnType<StaticFiles['answer']> {
  const moved = server.toFolder('/x', pageFacts(request))
  const location = moved.headers?.find(([name]) => name === 'Location')?.[1] as string
  return server.page(status, { ...pageFacts(request), location })
}

export async function playServer(server: WebServer = nginx({ header: 'nginx/1.22.1' }), own?: { site: Site }): Promise<Playing> {
  const lure = defineLure({
    name: 'site',
    standsFor: [],
    about: 'a site for tests',
    profiles: ['mini'],
    ports: [{ transport: 'tcp', port: 80 }],
    options: z.strictObject({}),
    events: webEvents('site'),
    serve: (visit) => serveHttp(visit, { name: 'site', server, ...(own ?? recordedSite(server)) }),
  })
  return play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts', settings: { limits: { connectionsPerSource: 500 } } })
}

/** Longest wait for what a server is known to send. */
const LONGEST_MS = 10_000

/** Bytes of a request; `{{etag /file}}` in it stands for the validator that this server gives the file. */
export function withValidators(send: Buffer, server: WebServer): Buffer {
  const text = send.toString('latin1').replace(/\{\{etag (\S+)\}\}/g, (_, path: string) => {
    const size = FILES.get(path)?.length ?? 0
    return server.etag({ path, size, modified: MODIFIED })
  })
  return Buffer.from(text, 'latin1')
}

/** One connection: what comes back, and whether the server closes within `patienceMs`. */
export async function talk(
  port: number,
  send: Buffer,
  patienceMs = 500,
  expected: { reply: Buffer; closes: boolean } = { reply: Buffer.alloc(0), closes: false },
): Promise<{ reply: Buffer; closes: boolean }> {
  const { connect } = await import('../harness.ts')
  const socket = await connect(port)
  const chunks: Buffer[] = []
  return new Promise((resolve) => {
    const finish = (closes: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ reply: Buffer.concat(chunks), closes })
    }
    // What is to come is waited for on a busy machine too; what is not to come, for as long as it takes to be sure.
    const isDue = expected.closes || expected.reply.length > 0
    let timer = setTimeout(() => finish(false), isDue ? LONGEST_MS : patienceMs)
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (expected.closes) return
      clearTimeout(timer)
      timer = setTimeout(() => finish(false), patienceMs)
    })
    socket.once('end', () => finish(true))
    socket.once('error', () => finish(true))
    socket.write(send)
  })
}

/** Text of a reply with what differs between two runs of one server made equal: dates, ports, boundaries, the zlib it was built with. */
export function comparable(reply: Buffer, ports: readonly number[]): string {
  let text = reply.toString('latin1').replace(/Date: [^\r]+ GMT/g, 'Date: *')
  for (const port of ports) text = text.replaceAll(`:${port}`, ':*')
  // A hash of an inode, and the order of a hash table: no two runs have the same.
  text = text.replace(/ETag: "\d+"/g, 'ETag: "*"').replace(/Allow: (.+)/g, (_, list: string) => `Allow: ${list.trim().split(',').sort()}`)
  text = text.replace(/(boundary=|\r\n--|^--)(?:0{10,}\d+|[0-9a-f]{16})/gm, '$1*')
  return text.includes('Content-Encoding: gzip') && text.includes('\x1f\x8b') ? unzipped(reply, text) : text
}

function unzipped(reply: Buffer, text: string): string {
  if (text.includes('Content-Range')) return text
  const start = reply.indexOf(Buffer.from('\x1f\x8b', 'latin1'))
  const header = reply.subarray(start, start + 10).toString('hex')
  const head = text.slice(0, text.indexOf('\r\n\r\n')).replace(/Content-Length: \d+/, 'Content-Length: *')
  const body = reply.subarray(start)
  const end = text.includes('chunked') ? body.lastIndexOf('\r\n0\r\n\r\n') : body.length
  return `${head} [${header}] ${gunzipSync(body.subarray(0, end))}`
}
