import type { HostFiles } from '../../contract.ts'
import { HostError } from '../../contract.ts'
import { Failure } from '../gnu/command.ts'
import { configText, includedFiles } from '../gnu/config-files.ts'
import table from './daemon-settings.json' with { type: 'json' }

const MOST_LINES = 20_000
/** OpenSSH's servconf.c: SERVCONF_MAX_DEPTH. */
const MOST_DEPTH = 16
const SIZES: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }
const SECONDS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
/** Settings that take a list of words and say each in a line of its own. */
const LISTS = ['allowusers', 'denyusers', 'allowgroups', 'denygroups', 'acceptenv', 'setenv']
/** Settings that may come again, each adding to the others. */
const REPEATED = new Set([...LISTS, 'port', 'listenaddress', 'hostkey', 'subsystem'])
const OLD_NAMES: Record<string, string> = {
  challengeresponseauthentication: 'kbdinteractiveauthentication',
  skeyauthentication: 'kbdinteractiveauthentication',
  gssapicleanupcreds: 'gssapicleanupcredentials',
  hostbasedacceptedkeytypes: 'hostbasedacceptedalgorithms',
  pubkeyacceptedkeytypes: 'pubkeyacceptedalgorithms',
  hostdsakey: 'hostkey',
}
/** Besides `yes` and `no`. */
const WORDS: Record<string, readonly string[]> = {
  addressfamily: ['any', 'inet', 'inet6'],
  permitrootlogin: ['prohibit-password', 'without-password', 'forced-commands-only'],
  allowtcpforwarding: ['all', 'remote', 'local'],
  allowstreamlocalforwarding: ['all', 'remote', 'local'],
  gatewayports: ['clientspecified'],
  compression: ['delayed'],
  ignorerhosts: ['shosts-only'],
}
const LOG_LEVELS = ['quiet', 'fatal', 'error', 'info', 'verbose', 'debug', 'debug1', 'debug2', 'debug3']
const FACILITIES = /^(daemon|user|auth|authpriv|local[0-7])$/

const flags = new Set(table.flags)
const integers = new Set(table.integers)
const times = new Set(table.times)
const deprecated = new Set(table.deprecated)
const unsupported = new Set(table.unsupported)
const known = new Set([...table.defaults.map(([name]) => name as string), ...table.others])

/** What sshd_config says, as `sshd -t` reads it and `sshd -T` prints it. */
export class DaemonConfig {
  readonly #files: HostFiles
  readonly #given = new Map<string, string[]>()
  /** What is said on the way, without being fatal. */
  readonly warnings: string[] = []
  #bad = 0
  #lines = 0
  /** Lines of a Match block concern others than the daemon itself. */
  #matching = false

  constructor(files: HostFiles) {
    this.#files = files
  }

  /**
   * @param path as it was named; messages name it so
   * @throws Failure with status 255 and OpenSSH's words
   */
  read(path: string): void {
    const text = configText(this.#files, path)
    if (text instanceof HostError) throw new Failure(`${path}: ${text.message}`, 1)
    this.#readText(path, text, 0)
    if (this.#bad > 0) throw this.#failure(`${path}: terminating, ${this.#bad} bad configuration options`)
  }

  /** One `-o NAME=VALUE` of the command line. */
  set(line: string): void {
    this.#line('command-line', 0, line.replace(/^(\w+)\s*=\s*/, '$1 '), 0)
    if (this.#bad > 0) throw this.#failure(`command-line: terminating, ${this.#bad} bad configuration options`)
  }

  #failure(message: string): Failure {
    return new Failure([...this.warnings, message].join('\n'), 255)
  }

  #readText(path: string, text: string, depth: number): void {
    for (const [i, line] of text.split('\n').entries()) {
      if (++this.#lines > MOST_LINES) return
      this.#line(path, i + 1, line, depth)
    }
  }

  #line(path: string, number: number, line: string, depth: number): void {
    const words = wordsOf(line)
    const [keyword, ...values] = words
    if (keyword === undefined) return
    const where = `${path} line ${number}: `
    const lower = keyword.toLowerCase()
    if (values.length === 0) {
      this.#count(`${where}no argument after keyword "${keyword}"`)
      return
    }
    if (lower === 'match') {
      this.#matching = !(values.length === 1 && values[0]?.toLowerCase() === 'all')
      return
    }
    if (lower === 'include') {
      if (depth >= MOST_DEPTH || this.#matching) return
      for (const pattern of values)
        for (const file of includedFiles(this.#files, pattern.startsWith('/') ? pattern : `/etc/ssh/${pattern}`)) {
          const text = configText(this.#files, file)
          if (!(text instanceof HostError)) this.#readText(file, text, depth + 1)
        }
      return
    }
    if (deprecated.has(lower) || unsupported.has(lower)) {
      this.warnings.push(`${where}${deprecated.has(lower) ? 'Deprecated' : 'Unsupported'} option ${keyword}`)
      return
    }
    if (!known.has(lower)) {
      this.#count(`${path}: line ${number}: Bad configuration option: ${keyword}`)
      return
    }
    const name = OLD_NAMES[lower] ?? lower
    const wrong = faultOf(name, keyword, values)
    if (wrong !== undefined) throw this.#failure(`${where}${wrong}`)
    if ((flags.has(name) || integers.has(name) || times.has(name)) && values.length > 1) {
      this.#count(`${where}keyword ${keyword} extra arguments at end of line`)
      return
    }
    if (this.#matching) return
    const before = this.#given.get(name)
    if (before && !REPEATED.has(name)) return
    const shown = LISTS.includes(name) ? values : [values.join(' ')]
    this.#given.set(name, [...(before ?? []), ...shown].slice(0, 256))
  }

  #count(message: string): void {
    this.warnings.push(message)
    this.#bad++
  }

  /** All settings as `sshd -T` prints them. */
  effective(): string {
    const names = table.defaults.map(([name]) => name as string)
    const lines: string[] = []
    for (const [at, [name, value]] of table.defaults.entries() as IterableIterator<[number, [string, string]]>) {
      if (names.indexOf(name) !== at) continue
      // Lists that are empty by themselves stand before `authenticationmethods`, sub-systems after it.
      if (name === 'authenticationmethods') for (const list of LISTS) lines.push(...this.#said(list))
      if (name === 'listenaddress') lines.push(...this.#addresses())
      else if (this.#given.has(name)) lines.push(...this.#said(name))
      else lines.push(...table.defaults.filter(([other]) => other === name).map(([, plain]) => `${name} ${plain ?? value}`))
      if (name === 'authenticationmethods') lines.push(...this.#said('subsystem'))
    }
    return lines.map((line) => `${line}\n`).join('')
  }

  #said(name: string): string[] {
    return (this.#given.get(name) ?? []).map((value) => `${name} ${shownValue(name, value)}`)
  }

  #addresses(): string[] {
    const ports = this.#given.get('port') ?? ['22']
    const family = this.#given.get('addressfamily')?.[0] ?? 'any'
    const hosts = this.#given.get('listenaddress') ?? [...(family === 'inet' ? [] : ['::']), ...(family === 'inet6' ? [] : ['0.0.0.0'])]
    return hosts.flatMap((host) => {
      const own = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(host)
      const bare = (own?.[1] ?? host).replace(/^\[|\]$/g, '')
      return (own ? [own[2]] : ports).map((port) => `listenaddress ${bare.includes(':') ? `[${bare}]` : bare}:${port}`)
    })
  }
}

function wordsOf(line: string): string[] {
  const words = [...line.replace(/^\s+|\s+$/g, '').matchAll(/"([^"]*)"|([^\s"]+)/g)].map((word) => word[1] ?? (word[2] as string))
  const comment = words.findIndex((word) => word.startsWith('#'))
  const own = comment < 0 ? words : words.slice(0, comment)
  const equals = own[0]?.indexOf('=') ?? -1
  return equals > 0 ? [(own[0] as string).slice(0, equals), (own[0] as string).slice(equals + 1), ...own.slice(1)].filter(Boolean) : own
}

/** Why a value cannot be taken, in OpenSSH's words. */
function faultOf(name: string, keyword: string, [value = '']: readonly string[]): string | undefined {
  const lower = value.toLowerCase()
  if (flags.has(name)) {
    const known = name === 'addressfamily' ? [] : ['yes', 'no']
    return [...known, ...(WORDS[name] ?? [])].includes(lower) ? undefined : `unsupported option "${value}".`
  }
  if (integers.has(name) && !/^\d+$/.test(value) && !(name === 'persourcemaxstartups' && lower === 'none'))
    return `${keyword} integer value invalid.`
  if (times.has(name) && seconds(value) === undefined && lower !== 'none') return 'invalid time value.'
  if (name === 'port' && !(/^\d+$/.test(value) && Number(value) > 0 && Number(value) < 65_536)) return 'Badly formatted port number.'
  if (name === 'loglevel' && !LOG_LEVELS.includes(lower)) return `unsupported log level '${value}'`
  if (name === 'syslogfacility' && !FACILITIES.test(lower)) return `unsupported log facility '${value}'`
  return undefined
}

function seconds(value: string): number | undefined {
  if (!/^(\d+[smhdw]?)+$/i.test(value) || value.length > 40) return undefined
  return [...value.matchAll(/(\d+)([smhdw]?)/gi)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (SECONDS[(unit as string).toLowerCase()] as number),
    0,
  )
}

function shownValue(name: string, value: string): string {
  if (times.has(name)) return String(seconds(value) ?? value)
  if (flags.has(name)) return value.toLowerCase() === 'prohibit-password' ? 'without-password' : value.toLowerCase()
  switch (name) {
    case 'loglevel':
    case 'syslogfacility':
      return value.toUpperCase()
    case 'maxstartups': {
      const [begin = '', rate = '30', full = begin] = value.split(':')
      return `${begin}:${rate}:${full}`
    }
    case 'rekeylimit': {
      const [size = '0', time = '0'] = value.split(' ')
      const parts = /^(\d+)([kmg]?)$/i.exec(size)
      return `${parts ? Number(parts[1]) * (SIZES[(parts[2] as string).toLowerCase()] as number) : 0} ${seconds(time) ?? 0}`
    }
    case 'ipqos':
      return value.includes(' ') ? value : `${value} ${value}`
    case 'ciphers':
    case 'macs':
    case 'kexalgorithms':
    case 'hostkeyalgorithms':
    case 'pubkeyacceptedalgorithms':
      return algorithms(name, value)
    default:
      return value
  }
}

/** A list that changes the default one: `+` adds, `-` takes away, `^` puts first. */
function algorithms(name: string, value: string): string {
  const own = value.replace(/^[-+^]/, '').split(',')
  const usual = (table.defaults.find(([other]) => other === name)?.[1] ?? '').split(',')
  switch (value[0]) {
    case '+':
      return [...usual, ...own.filter((entry) => !usual.includes(entry))].join(',')
    case '-':
      return usual.filter((entry) => !own.includes(entry)).join(',')
    case '^':
      return [...own, ...usual.filter((entry) => !own.includes(entry))].join(',')
    default:
      return value
  }
}
