import type { WebHit } from '../../contract.ts'
import { dayAt, dayOf, type LocalDay, offsetOf } from './days.ts'
import type { LogFile } from './log-content.ts'
import { HOUR, type Past } from './message.ts'
import { type LogSources, webClock } from './render.ts'

/** One request that the machine's web server answered. */
interface Hit {
  at: number
  from: string
  method: string
  path: string
  status: number
  size: number
  referrer: string
  agent: string
}

interface Page {
  path: string
  size: number
  assets: readonly { path: string; size: number }[]
}

const BROWSERS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
]
/** What scanners of the Internet ask any web server; none of it is here. */
const SCANNED = [
  '/wp-login.php',
  '/.env.bak',
  '/boaform/admin/formLogin',
  '/cgi-bin/luci/;stok=/locale',
  '/actuator/health',
  '/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php',
  '/solr/admin/info/system',
  '/manager/html',
]
const SCANNERS = [
  'Mozilla/5.0 zgrab/0.x',
  'Go-http-client/1.1',
  'python-requests/2.32.3',
  '-',
  'Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)',
]
/** Bytes of a "not found" page as the server counts them. */
const NOT_FOUND = { nginx: 153, apache: 437 } as const

/** Where a persona's nginx or Apache writes its access log; other servers keep none. */
export function accessLogPath({ persona: { web, services } }: Pick<Past, 'persona'>): string | undefined {
  const unit = { nginx: 'nginx', apache: 'apache2' }[web?.server as string]
  return unit && services.some((service) => service.unit === unit) ? `/var/log/${unit}/access.log` : undefined
}

/** One request that is answered now, as that log has it. */
export function accessLine(
  { persona }: Pick<Past, 'persona'>,
  at: number,
  from: string,
  { line, status, bytes, referrer, agent }: WebHit,
): string {
  const quoted = persona.web?.server === 'apache' ? ofApache : ofNginx
  const zone = persona.timezone
  return `${from} - - [${webClock(at, offsetOf(at, zone))}] "${quoted(line)}" ${status} ${bytes} "${quoted(referrer) || '-'}" "${quoted(agent) || '-'}"`
}

/** Bytes beyond print as each server escapes them: ngx_http_log_escape, ap_escape_logitem. */
function ofNginx(text: string): string {
  return text.replace(/["\\\x00-\x1f\x7f-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`)
}

function ofApache(text: string): string {
  const short: Record<string, string> = {
    '"': '\\"',
    '\\': '\\\\',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\b': '\\b',
    '\v': '\\v',
    '\f': '\\f',
  }
  return text.replace(/["\\\x00-\x1f\x7f-\xff]/g, (char) => short[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** Access logs of a persona with nginx or Apache; other servers keep none. */
export function accessLogs(past: Past): LogFile[] {
  const path = accessLogPath(past)
  if (path === undefined) return []
  const pages = pagesOf(past)
  return [
    {
      path,
      rotation: 'daily',
      keep: 14,
      mode: 0o640,
      ...(past.persona.web?.server === 'nginx' && { owner: 'www-data' }),
      group: 'adm',
      write: (sources, from, to) => lines(sources, pages, from, to),
    },
  ]
}

function lines({ chronicle, diary }: LogSources, pages: readonly Page[], from: number, to: number): string {
  const { past } = chronicle
  const zone = past.persona.timezone
  const hits: { at: number; text: string }[] = []
  for (let day = dayOf(from, zone).index; day <= dayOf(to, zone).index; day++)
    for (const hit of hitsOn(past, pages, dayAt(day, zone))) hits.push({ at: hit.at, text: combined(hit, zone) })
  hits.push(...(diary?.hits ?? []))
  return hits
    .filter(({ at }) => at >= from && at < to)
    .sort((a, b) => a.at - b.at)
    .map(({ text }) => `${text}\n`)
    .join('')
}

/** NCSA's combined format, nginx's and Apache's default. */
function combined({ at, from, method, path, status, size, referrer, agent }: Hit, zone: string): string {
  return `${from} - - [${webClock(at, offsetOf(at, zone))}] "${method} ${path} HTTP/1.1" ${status} ${size} "${referrer}" "${agent}"`
}

/** The site's pages with what a browser fetches for them. */
function pagesOf({ persona }: Past): Page[] {
  const assets = [...persona.site]
    .filter(([path]) => /\.(css|js|svg|png|ico)$/.test(path))
    .map(([path, bytes]) => ({ path, size: bytes.length }))
  return [...persona.site]
    .filter(([path]) => /\.(html|php)$/.test(path) && !/\/(info|config)\.php$/.test(path))
    .map(([path, bytes]) => {
      const text = bytes.toString('latin1')
      return {
        path: path.replace(/\/index\.(html|php)$/, '/'),
        size: bytes.length,
        assets: assets.filter((asset) => text.includes(asset.path)),
      }
    })
}

function hitsOn({ persona, identity }: Past, pages: readonly Page[], day: LocalDay): Hit[] {
  if (pages.length === 0) return []
  const random = identity.random(`${persona.name}/visitors/${day.index}`)
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T
  const host = persona.domain ? `https://www.${persona.domain}` : ''
  const hits: Hit[] = []
  const weekend = day.weekday === 0 || day.weekday === 6
  for (let visitor = 0; visitor < (weekend ? 6 : 14) + Math.floor(random() * 9); visitor++) {
    const person = { from: publicAddress(random), agent: pick(BROWSERS) }
    let at = day.from + Math.floor((6 + random() * 16.5) * HOUR)
    let referrer = random() < 0.4 ? 'https://www.google.com/' : '-'
    const seen = new Set<string>()
    for (let look = 0; look < 1 + random() * 5; look++) {
      const page = look === 0 && random() < 0.6 ? (pages.find(({ path }) => path === '/') ?? pick(pages)) : pick(pages)
      hits.push({ at, ...person, method: 'GET', path: page.path, status: 200, size: page.size, referrer })
      referrer = `${host}${page.path}`
      for (const asset of page.assets) {
        if (seen.has(asset.path)) continue
        seen.add(asset.path)
        hits.push({
          at: at + 60 + Math.floor(random() * 300),
          ...person,
          method: 'GET',
          path: asset.path,
          status: 200,
          size: asset.size,
          referrer,
        })
      }
      at += Math.floor((8 + random() * 110) * 1000)
    }
  }
  for (let scan = 0; scan < 5 + random() * 12; scan++) {
    const path = random() < 0.5 ? '/' : pick(SCANNED)
    const home = pages.find((page) => page.path === '/')
    hits.push({
      at: day.from + Math.floor(random() * 24 * HOUR),
      from: publicAddress(random),
      method: 'GET',
      path,
      status: path === '/' && home ? 200 : 404,
      size: path === '/' && home ? home.size : NOT_FOUND[persona.web?.server === 'apache' ? 'apache' : 'nginx'],
      referrer: '-',
      agent: pick(SCANNERS),
    })
  }
  return hits.sort((a, b) => a.at - b.at)
}

function publicAddress(random: () => number): string {
  // From blocks that end users and hosters have; none of them is reserved.
  const first = [31, 45, 62, 77, 78, 80, 82, 87, 91, 93, 109, 178, 188, 193, 212][Math.floor(random() * 15)] as number
  return [first, Math.floor(random() * 255), Math.floor(random() * 255), 1 + Math.floor(random() * 253)].join('.')
}
