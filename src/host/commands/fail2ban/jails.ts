import { gunzipSync } from 'node:zlib'
import type { World } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { configText, includedFiles } from '../gnu/config-files.ts'
import { fromLocal } from '../gnu/strftime.ts'
import { banInFirewall, unbanInFirewall } from '../net/firewall-tables.ts'

const LOGS = [
  '/var/log/fail2ban.log.4.gz',
  '/var/log/fail2ban.log.3.gz',
  '/var/log/fail2ban.log.2.gz',
  '/var/log/fail2ban.log.1',
  '/var/log/fail2ban.log',
]
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
/** A log that somebody has blown up is not read whole. */
const MOST_LOG_BYTES = 4 * 1024 * 1024

interface Noted {
  at: number
  what: 'Found' | 'Ban' | 'Unban'
  address: string
}

const books = new WeakMap<World, Map<string, Jail>>()

/** The jails of a host's fail2ban, as its configuration turns them on; what it bans stands in its log. */
export function jailsOf(world: World): Map<string, Jail> {
  const known = books.get(world)
  if (known) return known
  const sections = settingsOf(world)
  const common = sections.get('DEFAULT') ?? new Map<string, string>()
  const jails = new Map<string, Jail>()
  for (const [name, own] of sections) {
    const settings = new Map([...common, ...own])
    if (name !== 'DEFAULT' && settings.get('enabled') === 'true') jails.set(name, new Jail(world, name, settings))
  }
  books.set(world, jails)
  return jails
}

function settingsOf({ files }: World): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>()
  // Debian's defaults-debian.conf turns sshd on.
  sections.set('sshd', new Map([['enabled', 'true']]))
  for (const path of ['/etc/fail2ban/jail.conf', ...includedFiles(files, '/etc/fail2ban/jail.d/*.conf'), '/etc/fail2ban/jail.local']) {
    const text = configText(files, path)
    if (text instanceof HostError) continue
    let section = new Map<string, string>()
    for (const line of text.slice(0, MOST_LOG_BYTES).split('\n')) {
      const head = /^\[([^\]]+)\]/.exec(line)?.[1]
      if (head !== undefined) {
        section = sections.get(head) ?? new Map<string, string>()
        sections.set(head, section)
      }
      const pair = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line)
      if (pair) section.set(pair[1] as string, pair[2] as string)
    }
  }
  return sections
}

function seconds(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d{1,9})\s*([smhdw]?)/g)]
  return parts.length ? parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit || 's'] as number), 0) : undefined
}

export class Jail {
  readonly name: string
  readonly #world: World
  bantime: number
  findtime: number
  maxretry: number
  ignored: string[]
  /** File that it watches; it reads the journal without one. */
  readonly logPath: string | undefined
  /** Journal match of its filter. */
  readonly source: string
  /** Bans by hand: addresses and when. */
  readonly #byHand = new Map<string, number>()
  readonly #released = new Set<string>()

  constructor(world: World, name: string, settings: ReadonlyMap<string, string>) {
    this.#world = world
    this.name = name
    this.bantime = seconds(settings.get('bantime') ?? '') ?? 600
    this.findtime = seconds(settings.get('findtime') ?? '') ?? 600
    this.maxretry = Number(settings.get('maxretry') ?? 5) || 5
    this.ignored = (settings.get('ignoreip') ?? '').split(/[\s,]+/).filter(Boolean)
    this.logPath = settings.get('backend') === 'systemd' ? undefined : (settings.get('logpath') ?? '/var/log/auth.log')
    this.source = `_SYSTEMD_UNIT=${name}.service + _COMM=${name}`
  }

  set(what: 'bantime' | 'findtime' | 'maxretry', value: string): number {
    this[what] = (what === 'maxretry' ? Number.parseInt(value, 10) : seconds(value)) || this[what]
    return this[what]
  }

  banned(): string[] {
    const since = this.#world.now() - this.bantime * 1000
    const logged = this.#noted()
      .filter(({ what, at }) => what === 'Ban' && at >= since)
      .map(({ address }) => address)
    const byHand = [...this.#byHand].filter(([, at]) => at >= since).map(([address]) => address)
    return [...new Set([...logged.filter((address) => !this.#released.has(address)), ...byHand])]
  }

  /** Whether it was not banned yet. */
  ban(address: string): boolean {
    if (!/^[\d.]{7,15}$|^[\da-f:]{2,39}$/i.test(address) || this.banned().includes(address) || this.#byHand.size > 10_000) return false
    this.#byHand.set(address, this.#world.now())
    if (address.includes('.')) banInFirewall(this.#world, this.name, address)
    return true
  }

  /** Whether it was banned. */
  unban(address: string): boolean {
    if (!this.banned().includes(address)) return false
    if (!this.#byHand.delete(address)) this.#released.add(address)
    unbanInFirewall(this.#world, this.name, address)
    return true
  }

  counts(): { failing: number; failures: number; bans: number } {
    const noted = this.#noted()
    const recent = noted.filter(({ what, at }) => what === 'Found' && at >= this.#world.now() - this.findtime * 1000)
    return {
      failing: new Set(recent.map(({ address }) => address)).size,
      failures: noted.filter(({ what }) => what === 'Found').length,
      bans: noted.filter(({ what }) => what === 'Ban').length + this.#byHand.size,
    }
  }

  /** What its log says of this jail. */
  #noted(): Noted[] {
    return LOGS.flatMap((path) =>
      logText(this.#world, path)
        .split('\n')
        .flatMap((line) => notedIn(line, this.name, this.#world.persona.timezone)),
    )
  }
}

function logText({ files }: World, path: string): string {
  try {
    const bytes = files.read(path)
    if (bytes.length > MOST_LOG_BYTES) return ''
    return (path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: MOST_LOG_BYTES }) : bytes).toString('utf8')
  } catch {
    // Not there, or no log any more: then nothing is known of that time.
    return ''
  }
}

function notedIn(line: string, jail: string, zone: string): Noted[] {
  const found = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d),\d{3} .{1,60}\[([\w-]{1,60})\] (Found|Ban|Unban) ([\d.:a-f]{2,39})/.exec(line)
  if (!found || found[7] !== jail) return []
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [number, number, number, number, number, number]
  return [{ at: fromLocal(year, month - 1, day, hour, minute, second, zone), what: found[8] as Noted['what'], address: found[9] as string }]
}
