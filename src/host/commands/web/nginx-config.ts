import { HostError, type HostFiles } from '../../contract.ts'
import { configText, includedFiles } from '../gnu/config-files.ts'
import table from './nginx-directives.json' with { type: 'json' }

const directives = new Map(Object.entries(table))
const PREFIX = '/etc/nginx'
const MOST_FILES = 500
const MOST_DIRECTIVES = 50_000

/**
 * Where a directive may stand, a letter each as in nginx-directives.json: main, events, http, server, location, upstream,
 * if of a server, if of a location, limit_except; `*` takes any lines (types, map).
 */
type Context = 'm' | 'e' | 'h' | 's' | 'l' | 'u' | 'i' | 'j' | 'x' | '*'

const INNER: Record<string, Context> = { events: 'e', http: 'h', server: 's', location: 'l', upstream: 'u', limit_except: 'x' }

export interface NginxServer {
  names: string[]
  listens: string[]
}

/** A configuration that nginx refuses, in its words and at its place. */
export class NginxFault extends Error {}

/** What `nginx -t` finds out about a configuration. */
export class NginxConfig {
  readonly #files: HostFiles
  readonly #isOwn: (path: string) => boolean
  /** Every file that was read, in that order, as `-T` shows them. */
  readonly read: { path: string; text: string }[] = []
  readonly servers: NginxServer[] = []
  /** Place of the `user` line, of which only root makes use. */
  user: string | undefined
  #directives = 0
  #hasEvents = false

  /** @param isOwn whether a file is as the machine was made: its certificates are those that the front end shows */
  constructor(files: HostFiles, isOwn: (path: string) => boolean) {
    this.#files = files
    this.#isOwn = isOwn
  }

  /** @throws NginxFault */
  load(path: string): void {
    this.#file(path, 'm', '')
  }

  /** What is only seen when all lines are read. @throws NginxFault */
  finish(): void {
    if (!this.#hasEvents) throw new NginxFault('no "events" section in configuration')
  }

  /** Names that two servers have on the same address. */
  conflicts(): string[] {
    const seen = new Set<string>()
    const found: string[] = []
    for (const server of this.servers)
      for (const listen of server.listens.length ? server.listens : ['0.0.0.0:80'])
        for (const name of server.names) {
          const key = `"${name}" on ${listen}`
          if (seen.has(key)) found.push(key)
          seen.add(key)
        }
    return found
  }

  #file(path: string, context: Context, at: string, server?: NginxServer): void {
    const text = configText(this.#files, path)
    if (text instanceof HostError)
      throw new NginxFault(`open() "${path}" failed (${text.code === 'EACCES' ? 13 : 2}: ${text.message})${at}`)
    if (this.read.length >= MOST_FILES) return
    if (!this.read.some((file) => file.path === path)) this.read.push({ path, text })
    const reader = new NginxReader(text, path)
    this.#block(reader, path, context, 0, server)
  }

  #block(reader: NginxReader, path: string, context: Context, depth: number, server: NginxServer | undefined): void {
    const own: { ssl: string | undefined; certificate: boolean } = { ssl: undefined, certificate: false }
    for (;;) {
      const { words, end } = reader.next(depth)
      if (end === 'end' || end === '}') break
      if (++this.#directives > MOST_DIRECTIVES) return
      const place = ` in ${path}:${reader.line}`
      if (context === '*') continue
      const name = words[0] as string
      this.#check(name, words, end, context, place)
      if (context === 's' && name === 'listen' && words.includes('ssl')) own.ssl = ` in ${path}:${reader.line}`
      if (name === 'ssl_certificate') own.certificate = true
      this.#take(words, context, path, place, server)
      if (end !== '{') continue
      const inner: Context = name === 'if' ? (context === 's' ? 'i' : 'j') : (INNER[name] ?? '*')
      const made = inner === 's' ? { names: [], listens: [] } : server
      if (inner === 's' && made) this.servers.push(made)
      this.#block(reader, path, inner, depth + 1, made)
    }
    if (own.ssl !== undefined && !own.certificate)
      throw new NginxFault(`no "ssl_certificate" is defined for the "listen ... ssl" directive${own.ssl}`)
  }

  #check(name: string, words: readonly string[], end: ';' | '{', context: Context, place: string): void {
    const known = directives.get(name)
    if (known === undefined) throw new NginxFault(`unknown directive "${name}"${place}`)
    if (!known.includes(context)) throw new NginxFault(`"${name}" directive is not allowed here${place}`)
    // `server` is a block of http and a line of upstream.
    const isBlock = known.includes('{') && context !== 'u'
    if (end === ';' && isBlock) throw new NginxFault(`directive "${name}" has no opening "{"${place}`)
    if (end === '{' && !isBlock) throw new NginxFault(`directive "${name}" is not terminated by ";"${place}`)
    if (!isBlock && known.includes('1') && words.length === 1)
      throw new NginxFault(`invalid number of arguments in "${name}" directive${place}`)
  }

  #take([name, value = '']: readonly string[], context: Context, path: string, place: string, server: NginxServer | undefined): void {
    switch (name) {
      case 'events':
        this.#hasEvents = true
        break
      case 'user':
        this.user ??= place
        break
      case 'listen':
        server?.listens.push(addressOf(value))
        break
      case 'server_name':
        server?.names.push(value)
        break
      case 'include': {
        const pattern = value.startsWith('/') ? value : `${PREFIX}/${value}`
        const found = /[*?[]/.test(pattern) ? includedFiles(this.#files, pattern) : [pattern]
        for (const file of found) this.#file(file, context, place, server)
        break
      }
      case 'ssl_certificate':
      case 'ssl_certificate_key':
        if (value.includes('$') || this.#isOwn(path)) break
        this.#certificate(name, value.startsWith('/') ? value : `${PREFIX}/${value}`)
        break
    }
  }

  #certificate(name: string, file: string): void {
    const text = configText(this.#files, file)
    const what = name === 'ssl_certificate' ? 'certificate' : 'certificate key'
    if (text instanceof HostError) {
      const number = text.code === 'EACCES' ? 'D' : '2'
      throw new NginxFault(
        `cannot load ${what} "${file}": BIO_new_file() failed (SSL: error:8000000${number}:system library::${text.message}:calling fopen(${file}, r)${number === '2' ? ' error:10000080:BIO routines::no such file' : ' error:10080002:BIO routines::system lib'})`,
      )
    }
    if (!text.includes('-----BEGIN '))
      throw new NginxFault(
        what === 'certificate'
          ? `cannot load certificate "${file}": PEM_read_bio_X509_AUX() failed (SSL: error:0480006C:PEM routines::no start line:Expecting: TRUSTED CERTIFICATE)`
          : `cannot load certificate key "${file}": PEM_read_bio_PrivateKey() failed (SSL: error:1E08010C:DECODER routines::unsupported)`,
      )
  }
}

function addressOf(value: string): string {
  if (/^\d+$/.test(value)) return `0.0.0.0:${value}`
  if (/^\*:\d+$/.test(value)) return value.replace('*', '0.0.0.0')
  return /:\d+$|^unix:/.test(value) ? value : `${value}:80`
}

/** Cuts a configuration into directives. */
class NginxReader {
  readonly #text: string
  readonly #path: string
  #at = 0
  line = 1

  constructor(text: string, path: string) {
    this.#text = text
    this.#path = path
  }

  /** @throws NginxFault */
  next(depth: number): { words: string[]; end: ';' | '{' | '}' | 'end' } {
    const words: string[] = []
    for (;;) {
      const c = this.#text[this.#at]
      if (c === undefined) {
        if (words.length) throw this.#fault('unexpected end of file, expecting ";" or "}"')
        if (depth > 0) throw this.#fault('unexpected end of file, expecting "}"')
        return { words, end: 'end' }
      }
      this.#at++
      if (c === '\n') this.line++
      else if (/\s/.test(c)) continue
      else if (c === '#') this.#skipLine()
      else if (c === ';' || c === '{') {
        if (words.length === 0) throw this.#fault(`unexpected "${c}"`)
        return { words, end: c }
      } else if (c === '}') {
        if (words.length > 0 || depth === 0) throw this.#fault('unexpected "}"')
        return { words, end: '}' }
      } else words.push(c === '"' || c === "'" ? this.#quoted(c) : this.#plain(c))
    }
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end < 0 ? this.#text.length : end
  }

  #quoted(quote: string): string {
    let word = ''
    for (;;) {
      const c = this.#text[this.#at++]
      if (c === undefined) throw this.#fault('unexpected end of file, expecting ";" or "}"')
      if (c === '\n') this.line++
      if (c === '\\') word += this.#text[this.#at++] ?? ''
      else if (c === quote) break
      else word += c
    }
    const after = this.#text[this.#at]
    if (after !== undefined && !/[\s;{)]/.test(after)) throw this.#fault(`unexpected "${after}"`)
    return word
  }

  #plain(first: string): string {
    let word = first
    for (;;) {
      const c = this.#text[this.#at]
      if (c === undefined || /[\s;]/.test(c)) return word
      // `${name}` belongs to the word; any other brace opens a block.
      if (c === '{' && !word.endsWith('$')) return word
      this.#at++
      word += c
      if (c === '\\') word += this.#text[this.#at++] ?? ''
    }
  }

  #fault(message: string): NginxFault {
    return new NginxFault(`${message} in ${this.#path}:${this.line}`)
  }
}
