import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { playLure } from './web-lures.ts'

interface Shown {
  lure: string
  options?: Record<string, unknown>
  port?: number
  path: string
  /** What a person reads there. */
  reads: RegExp
}

const SHOWN: readonly Shown[] = [
  { lure: 'cisco-asa', path: '/', reads: /SSL VPN Service[\s\S]*GROUP:[\s\S]*USERNAME:[\s\S]*PASSWORD:/ },
  { lure: 'citrix', path: '/vpn/index.html', reads: /citrix[\s\S]*Gateway[\s\S]*Please log on[\s\S]*User name/ },
  { lure: 'traps', options: { products: 'wiki' }, path: '/login.action', reads: /Log in[\s\S]*Powered by Atlassian Confluence/ },
  { lure: 'traps', port: 1, path: '/', reads: /Log in[\s\S]*cPanel, L\.L\.C\./ },
  { lure: 'rest-api', path: '/api-docs/', reads: /Billing API[\s\S]*\/auth\/login[\s\S]*\/customers/ },
  { lure: 'log4shell', port: 0, path: '/', reads: /Staff Portal[\s\S]*Notices/ },
  { lure: 'log4shell', port: 1, path: '/', reads: /UniFi Network[\s\S]*Sign In/ },
  { lure: 'log4shell', port: 2, path: '/', reads: /Apache Tomcat\/9\.0\.54[\s\S]*Manager App/ },
  { lure: 'web-app', path: '/', reads: /Made for bad weather[\s\S]*Fjell 2 Tent/ },
  { lure: 'web-app', path: '/intranet/', reads: /Staff pages[\s\S]*Maja Lindqvist/ },
  { lure: 'wordpress', path: '/', reads: /Home[\s\S]*Privacy policy/ },
  { lure: 'wordpress', path: '/wp-login.php', reads: /Username or Email Address[\s\S]*Lost your password\?/ },
  { lure: 'ipp', path: '/', reads: /CUPS 2\.4\.2/ },
]

let browser: Browser
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
}, 60_000)
afterAll(() => browser.close())

const nameOf = ({ lure, options, port = 0, path }: Shown): string => [lure, options?.products, port, path].filter(Boolean).join(' ')

describe('Chromium shows a page as its product does, and nothing of it is missing', () => {
  it.each(SHOWN.map((shown) => [nameOf(shown), shown] as const))(
    '%s',
    async (_, { lure, options, port = 0, path, reads }) => {
      const playing = await playLure(lure, options)
      const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 } })
      try {
        const page = await context.newPage()
        const missing: string[] = []
        const faults: string[] = []
        page.on('response', (response) => {
          if (response.status() >= 400) missing.push(`${response.status()} ${response.url()}`)
        })
        page.on('pageerror', (error) => faults.push(error.message))
        await page.goto(playing.base(port) + path, { waitUntil: 'networkidle' })
        expect(await page.innerText('body')).toMatch(reads)
        // Colours, frames and letters: a page without its style is a small picture.
        expect((await page.screenshot()).length).toBeGreaterThan(12_000)
        expect({ missing, faults }).toEqual({ missing: [], faults: [] })
        expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
      } finally {
        await context.close()
        await playing.stop()
      }
    },
    60_000,
  )

  it('secrets-maze: a document that does not end is read as long as somebody looks', async () => {
    const playing = await playLure('secrets-maze')
    const context = await browser.newContext()
    try {
      const page = await context.newPage()
      // The first requests of a source are let go.
      for (let n = 0; n < 3; n++) await page.goto(`${playing.base()}/a.json`)
      await page.goto(`${playing.base()}/b.json`, { waitUntil: 'commit' })
      await expect.poll(() => page.innerText('body'), { timeout: 20_000 }).toMatch(/^\[\s*\{"service"/)
    } finally {
      await context.close()
      await playing.stop()
    }
  }, 60_000)
})
