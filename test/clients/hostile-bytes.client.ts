import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { pino } from 'pino'
import { type Browser, type BrowserContext, chromium, type Page, type Request } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommandLine } from '../../src/cli/cli.ts'
import { verbs } from '../../src/cli/verbs.ts'
import { Settings } from '../../src/config/schema.ts'
import { printable } from '../../src/events/printable.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { Instance, planOf } from '../../src/instance.ts'
import { lures } from '../../src/lures.ts'
import type { PortRow } from '../../src/sensor/sensor.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import { stepOf } from '../../src/store/transcript.ts'
import { FOREIGN, HOSTILE, hostileInput, RAW } from '../console/hostile.ts'
import { optionsOf, seedsOf } from '../fuzz/seeds.ts'
import { connect } from '../harness.ts'
import { connectClient, exec } from '../ssh/client.ts'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const PASSWORD = 'correct horse battery'
/** Conversations with each port. */
const CONVERSATIONS = 16
const LANES = 48
/** How long a lure may think about its answer before its client goes. */
const PATIENCE_MS = 300
/** Of protocols that are numbers alone, and answer or count without a word. */
const WORDLESS: readonly string[] = ['epmap', 'iec104', 'modbus', 's7', 'vnc']

const folder = mkdtempSync(join(tmpdir(), 'sundew-hostile-'))
let instance: Instance
let browser: Browser
/** Logged in. */
let context: BrowserContext
/** Lures whose answers are drawn as pages. */
const WEB = ['http', 'wordpress', 'web-app', 'citrix', 'traps']

/** One session of each lure, that with most hostile text in it. */
const worst = new Map<string, string>()

beforeAll(async () => {
  if (!existsSync('src/console/web/dist/index.html')) throw new Error('the pages are not built: npm run prepare')
  const options = new Map(await Promise.all(lures.map(async ({ name }) => [name, await optionsOf(name)] as const)))
  const settings = Settings.parse({
    data: folder,
    profile: 'mini',
    llm: { enabled: false },
    console: { port: 0 },
    limits: { connections: 10_000, connectionsPerSource: 10_000 },
    lures: lures.map((lure) => ({
      lure: lure.name,
      ports: lure.ports.length > 0 ? lure.ports.map(() => 0) : [0],
      options: { ...options.get(lure.name), ...(['ssh', 'telnet'].includes(lure.name) ? { delays: false } : {}) },
    })),
  })
  instance = await Instance.start(planOf({ settings, file: undefined, lineOf: () => undefined }), pino({ level: 'silent' }))
  await attack(instance.sensor.ports())
  await readWorst()
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  await setUp()
}, 180_000)

afterAll(async () => {
  await browser?.close()
  await instance?.stop('done')
  rmSync(folder, { recursive: true, force: true })
})

/** Slips the corpus into the conversations of every port, some of all ports at a time. */
async function attack(ports: readonly PortRow[]): Promise<void> {
  const visits: { n: number; pay: () => Promise<void> }[] = []
  for (const row of ports) {
    const declared = lures.find(({ name }) => name === row.lure)?.ports[ports.filter(({ lure }) => lure === row.lure).indexOf(row)]
    const seeds = await seedsOf(row.lure, declared && `${declared.transport} ${declared.port}`)
    for (let n = 0; n < CONVERSATIONS; n++) {
      const input = hostileInput(seeds[n % seeds.length] ?? Buffer.alloc(0), Math.floor(n / seeds.length) + n)
      visits.push({ n, pay: () => (row.transport === 'udp' ? datagram(row.port, input) : conversation(row, input)) })
    }
    if (row.lure === 'ssh') visits.push(...HOSTILE.map((text, n) => ({ n, pay: () => logInAndRun(row.port, text) })))
  }
  visits.sort((a, b) => b.n - a.n)
  const lane = async (): Promise<void> => {
    for (let visit = visits.pop(); visit; visit = visits.pop()) await visit.pay()
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

async function datagram(port: number, input: Buffer): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.send(input, port, '127.0.0.1', () => resolve()))
  socket.close()
}

async function conversation({ port, tls }: PortRow, input: Buffer): Promise<void> {
  const plain = await connect(port)
  const socket = tls ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  if (tls) await Promise.race([once(socket, 'secureConnect').catch(() => undefined), closed])
  socket.resume()
  socket.write(input)
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MS)
  await closed
  clearTimeout(timer)
}

/** The daemon ends a connection without a word for a NUL in its password or command. */
async function logInAndRun(port: number, text: string): Promise<void> {
  const sock = await connect(port)
  const run = async (): Promise<void> => {
    const client = await connectClient(port, { sock, username: 'root', password: text, ident: 'hacked' })
    await exec(client, `echo '${text.replaceAll("'", '')}'`)
    client.end()
  }
  await Promise.race([run(), once(sock, 'close')])
}

/** Whether a step shows a text of the corpus, as readers see it. */
const SHOWN = /<scrip|<svg|<ifram|<style|onerror=|hacked|\^\[\[2J|u\{202e\}|null\^@|__proto__/

async function readWorst(): Promise<void> {
  const store = openSqliteReader(folder)
  const found = new Map<string, Map<string, number>>()
  for (let after: string | undefined; ; ) {
    const page: SundewEvent[] = await store.events({ limit: 1000, ...(after ? { after } : {}) })
    for (const event of page) {
      if (event.session === undefined || event.lure === undefined) continue
      const step = stepOf(event)
      const shown = printable(`${step.input} ${step.output}`).match(new RegExp(SHOWN, 'g'))?.length ?? 0
      const sessions = found.get(event.lure) ?? new Map<string, number>()
      found.set(event.lure, sessions.set(event.session, (sessions.get(event.session) ?? 0) + shown))
    }
    if (page.length < 1000) break
    after = page.at(-1)?.id
  }
  store.close()
  for (const [lure, sessions] of found) {
    const [session, times] = [...sessions].sort((a, b) => b[1] - a[1])[0] as [string, number]
    if (times > 0) worst.set(lure, session)
  }
}

async function setUp(): Promise<void> {
  const page = await context.newPage()
  await page.goto(instance.console?.setUpLink as string)
  await page.fill('input[name=name]', 'ada')
  await page.fill('input[name=password]', PASSWORD)
  await page.click('button[type=submit]')
  await page.waitForSelector('.figures')
  await page.close()
}

/** A tab that notes whatever goes wrong in it. */
async function openTab(): Promise<{ page: Page; troubles: string[]; settled: () => Promise<void> }> {
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('console', (message) => {
    // A picture's policy tells of each thing that it did not let a page do.
    const isRefusal = message.location().url.includes('/pictures/') && !message.text().includes('of an attacker')
    if (!isRefusal && ['error', 'warning'].includes(message.type())) troubles.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => troubles.push(`${page.url()}: ${error.message}`))
  page.on('dialog', (dialog) => {
    troubles.push(`${page.url()}: dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  const asked = new Set<Request>()
  page.on('request', (request) => {
    if (!request.url().endsWith('/live')) asked.add(request)
  })
  const ended = (request: Request): void => {
    asked.delete(request)
    // What the policy stopped is told of, and never went out.
    const isElsewhere = !request.url().startsWith(instance.console?.url ?? '')
    if (isElsewhere && request.failure()?.errorText !== 'csp') troubles.push(`${page.url()}: asked for ${request.url()}`)
  }
  page.on('requestfinished', ended)
  page.on('requestfailed', ended)
  /** Waits until a page has drawn what it asked for. */
  const settled = async (): Promise<void> => {
    do {
      await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))')
    } while (asked.size > 0)
  }
  await page.addInitScript(`
    globalThis.hacked = () => console.error('a script of an attacker ran')
    addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  return { page, troubles, settled }
}

it('every lure has written down what was slipped into its protocol', () => {
  const without = lures.map(({ name }) => name).filter((name) => !worst.has(name))
  expect(without.filter((name) => !WORDLESS.includes(name))).toEqual([])
})

it('no page shows it as more than text, runs it, or asks another site for something', async () => {
  const { page, troubles, settled } = await openTab()
  await page.goto(instance.console?.url as string)
  await page.waitForSelector('.figures')
  const sessions = [...worst.values()].flatMap((id) => [`/sessions/${id}`, `/sessions/${id}?view=events`])
  for (const lure of WEB) sessions.push(`/sessions/${worst.get(lure)}?view=pages`)
  for (const path of [...PAGES, ...sessions]) {
    // As a link does: loading the pages anew each time would take minutes.
    await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`)
    await settled()
    const foreign = await page.locator(FOREIGN).count()
    const raw = RAW.exec((await page.textContent('main')) ?? '')?.[0]
    expect({ path, foreign, raw, title: await page.title() }).toEqual({ path, foreign: 0, raw: undefined, title: 'Sundew' })
  }
  expect(troubles).toEqual([])
  await page.close()
})

const PAGES = [
  '/',
  '/live',
  '/sessions',
  '/commands',
  '/commands?field=answer',
  '/requests',
  '/requests?field=user_agent',
  '/credentials',
  '/credentials?field=password',
  '/credentials?field=username',
  '/sources',
  '/sources?field=hassh',
  '/sources?field=client',
  '/sources/127.0.0.1',
  '/campaigns',
  '/alerts',
  '/artifacts',
  '/attack',
  '/honeytokens',
  '/recognised',
  '/review?rules=guard,fallback,slow,new,random',
  '/sensors',
  '/health',
]

/** A page that would run, ask and go elsewhere if it could; a browser draws its heading. */
const MALICIOUS = `<html><head><meta http-equiv=refresh content="0;url=https://evil.example/"><base href="https://evil.example/">
<link rel=preconnect href="https://evil.example"><link rel=stylesheet href="https://evil.example/x.css"><script src="https://evil.example/x.js"></script>
<style>@import url(https://evil.example/y.css); h1 { color: rgb(1, 2, 3); background: url(https://evil.example/z.png) }</style></head>
<body onload="hacked()"><h1>Portal</h1><img src="https://evil.example/i.png" onerror="hacked()"><iframe src="https://evil.example/"></iframe>
<form action="/api/v1/logout" method=post><input autofocus onfocus="hacked()"></form><script>parent.hacked(); hacked()</script>${HOSTILE.join('\n')}`

it('the picture of a page is drawn, runs nothing and asks for nothing', async () => {
  const session = uuid7()
  const at = { session, lure: 'http', transport: 'tcp', srcIp: '203.0.113.9', srcPort: 4711, dstIp: '198.51.100.4', dstPort: 80 } as const
  const output = `HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${MALICIOUS}`
  instance.bus.publish({ ...at, type: 'session.open', data: {} })
  instance.bus.publish({
    ...at,
    type: 'turn',
    data: { kind: 'web', input: 'GET / HTTP/1.1\r\n\r\n', output, source: 'llm', durationMs: 1 },
  })
  const { page, troubles, settled } = await openTab()
  await page.goto(`${instance.console?.url}/sessions/${session}?view=pages`)
  const heading = page.frameLocator('iframe.picture').locator('h1')
  await heading.waitFor({ state: 'attached' })
  await settled()
  expect(await heading.textContent()).toBe('Portal')
  expect(page.frames().map((frame) => new URL(frame.url()).pathname.split('/')[1])).toEqual(['sessions', 'api'])
  expect(troubles).toEqual([])
  await page.close()
})

it('no verb of the command line writes it to the terminal', async () => {
  const ids = [...worst.values()]
  const lines = [
    'sessions --limit 2000',
    'tail --last 5000 --once',
    'search hacked',
    'credentials --limit 1000',
    'artifacts ls',
    'campaigns',
    ...TOP.map((field) => `top ${field} --limit 500`),
    ...ids.map((id) => `show ${id} --events`),
  ]
  let length = 0
  const told = ids.map((id) => `show ${id}`)
  for (const line of [...lines.flatMap((one) => [one, `${one} --json`]), ...told]) {
    const { code, text } = await said([...line.split(' '), '--data', folder])
    length += text.length
    const at = RAW.exec(text)?.index
    expect({ line, code, raw: at === undefined ? undefined : JSON.stringify(text.slice(Math.max(0, at - 40), at + 10)) }).toEqual({
      line,
      code: 0,
      raw: undefined,
    })
  }
  expect(length).toBeGreaterThan(100_000)
})

const TOP = ['input', 'src_ip', 'username', 'password', 'url', 'hassh']

async function said(argv: readonly string[]): Promise<{ code: number; text: string }> {
  let text = ''
  const add = (more = ''): void => {
    text += `${more}\n`
  }
  const code = await runCommandLine(argv, verbs, { line: add, raw: add, error: add, columns: undefined })
  return { code, text }
}
