import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { Identity } from '../src/config/identity.ts'
import { lures } from '../src/emulators/index.ts'
import { createHosts } from '../src/host/hosts.ts'
import type { Lure } from '../src/sensor/lure.ts'
import { MemoryState, noEngine, play } from '../test/harness.ts'
import type { BenchOptions } from './options.ts'

const FOLDER = join(import.meta.dirname, '../docs/screenshots/lures')
const SIZE = { width: 1000, height: 700 }
const LARGEST = 100 * 1024

interface Picture {
  name: string
  lure: string
  /** Index of the port declaration. */
  port?: number
  options?: Record<string, unknown>
  path: string
  /** Colours that run into each other make large pictures: such a page is shown smaller. */
  scale?: number
  /** What a person does there before the picture is taken. */
  act?: (page: Page) => Promise<void>
}

const PICTURES: readonly Picture[] = [
  { name: 'wordpress-login', lure: 'wordpress', path: '/wp-login.php' },
  { name: 'wordpress', lure: 'wordpress', path: '/' },
  {
    name: 'wordpress-admin',
    lure: 'wordpress',
    options: { login: { policy: 'list', accept: [{ user: 'admin', password: 'welcome1' }] } },
    path: '/wp-login.php',
    async act(page) {
      await page.fill('#user_login', 'admin')
      await page.fill('#user_pass', 'welcome1')
      await page.click('#wp-submit')
      await page.waitForLoadState('networkidle')
    },
  },
  { name: 'web-app', lure: 'web-app', path: '/', scale: 0.75 },
  { name: 'web-app-product', lure: 'web-app', path: '/index.php?id=4' },
  { name: 'web-app-intranet', lure: 'web-app', path: '/intranet/' },
  { name: 'citrix-gateway', lure: 'citrix', path: '/', scale: 0.5 },
  { name: 'cisco-asa', lure: 'cisco-asa', path: '/' },
  { name: 'log4shell-portal', lure: 'log4shell', port: 0, path: '/' },
  { name: 'log4shell-unifi', lure: 'log4shell', port: 1, path: '/manage/account/login' },
  { name: 'log4shell-tomcat', lure: 'log4shell', port: 2, path: '/' },
  { name: 'traps-solr', lure: 'traps', options: { products: ['solr'] }, path: '/solr/' },
  { name: 'traps-confluence', lure: 'traps', options: { products: 'wiki' }, path: '/login.action' },
  { name: 'ipp', lure: 'ipp', path: '/' },
  { name: 'ipp-printers', lure: 'ipp', path: '/printers/' },
]

/** Takes a picture of each page that a person would see, into docs/screenshots/lures. Needs Chromium; `--lure` chooses. */
export async function run({ lures: wanted }: BenchOptions): Promise<Record<string, unknown>> {
  mkdirSync(FOLDER, { recursive: true })
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  const sizes: Record<string, number> = {}
  try {
    for (const picture of PICTURES) {
      if (wanted.length === 0 || wanted.includes(picture.lure)) sizes[picture.name] = await taken(browser, picture)
    }
  } finally {
    await browser.close()
  }
  const tooLarge = Object.entries(sizes).filter(([, bytes]) => bytes > LARGEST)
  if (tooLarge.length) throw new Error(`larger than ${LARGEST} bytes: ${tooLarge.map(([name]) => name).join(', ')}`)
  return { pictures: Object.keys(sizes).length, largestBytes: Math.max(...Object.values(sizes)) }
}

async function taken(browser: Browser, { name, lure: lureName, port = 0, options = {}, path, scale = 1, act }: Picture): Promise<number> {
  const lure = lures.find((one) => one.name === lureName) as Lure
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const playing = await play(lure, { persona: lure.persona ?? 'debian-web', identity, state, hosts, options })
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: SIZE, deviceScaleFactor: scale })
  try {
    const page = await context.newPage()
    const scheme = lure.ports[port]?.tls ? 'https' : 'http'
    await page.goto(`${scheme}://127.0.0.1:${playing.port(port)}${path}`, { waitUntil: 'networkidle' })
    await act?.(page)
    const file = join(FOLDER, `${name}.png`)
    await page.screenshot({ path: file })
    return statSync(file).size
  } finally {
    await context.close()
    await playing.stop()
    hosts.close()
  }
}
