import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { complain, gnuCommand, joinPath } from './gnu/command.ts'
import { speaksUtf8 } from './gnu/locale.ts'
import { OptionError, type Options, parseOptions } from './gnu/options.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { statIfThere } from './gnu/tree.ts'
import { type Fetched, fetchTarget, lineSpeed } from './net/fetch.ts'
import { isAddress, noteIndicator, REACH_TEXT } from './net/target.ts'
import { uclientFetch } from './net/uclient-fetch.ts'
import { fileNameOf, parseTarget, type Target } from './net/url.ts'
import { bar, dots, wgetRate, wgetSize } from './net/wget-text.ts'

const USAGE = 'Usage: wget [OPTION]... [URL]...\n'
const LONG: Record<string, string> = {
  background: 'b',
  execute: 'e',
  'output-file': 'o',
  'append-output': 'a',
  debug: 'd',
  quiet: 'q',
  verbose: 'v',
  'no-verbose': 'nv',
  'report-speed': 'report-speed=',
  'input-file': 'i',
  'force-html': 'F',
  base: 'B',
  config: 'config=',
  tries: 't',
  'retry-connrefused': 'retry-connrefused',
  'output-document': 'O',
  'no-clobber': 'nc',
  'no-netrc': 'no-netrc',
  continue: 'c',
  'start-pos': 'start-pos=',
  progress: 'progress=',
  'show-progress': 'show-progress',
  timestamping: 'N',
  'server-response': 'S',
  spider: 'spider',
  timeout: 'T',
  'dns-timeout': 'dns-timeout=',
  'connect-timeout': 'connect-timeout=',
  'read-timeout': 'read-timeout=',
  wait: 'w',
  waitretry: 'waitretry=',
  'random-wait': 'random-wait',
  'no-proxy': 'no-proxy',
  quota: 'Q',
  'bind-address': 'bind-address=',
  'limit-rate': 'limit-rate=',
  'no-dns-cache': 'no-dns-cache',
  'inet4-only': '4',
  'inet6-only': '6',
  'prefer-family': 'prefer-family=',
  user: 'user=',
  password: 'password=',
  'ask-password': 'ask-password',
  'no-directories': 'nd',
  'force-directories': 'x',
  'no-host-directories': 'nH',
  'directory-prefix': 'P',
  'cut-dirs': 'cut-dirs=',
  'http-user': 'http-user=',
  'http-password': 'http-password=',
  'no-cache': 'no-cache',
  'default-page': 'default-page=',
  'adjust-extension': 'E',
  header: 'header=',
  compression: 'compression=',
  'max-redirect': 'max-redirect=',
  'proxy-user': 'proxy-user=',
  'proxy-password': 'proxy-password=',
  referer: 'referer=',
  'save-headers': 'save-headers',
  'user-agent': 'U',
  'no-http-keep-alive': 'no-http-keep-alive',
  'no-cookies': 'no-cookies',
  'load-cookies': 'load-cookies=',
  'save-cookies': 'save-cookies=',
  'post-data': 'post-data=',
  'post-file': 'post-file=',
  method: 'method=',
  'body-data': 'body-data=',
  'body-file': 'body-file=',
  'content-disposition': 'content-disposition',
  'trust-server-names': 'trust-server-names',
  'secure-protocol': 'secure-protocol=',
  'https-only': 'https-only',
  'no-check-certificate': 'no-check-certificate',
  certificate: 'certificate=',
  'ca-certificate': 'ca-certificate=',
  'no-hsts': 'no-hsts',
  'ftp-user': 'ftp-user=',
  'ftp-password': 'ftp-password=',
  'no-passive-ftp': 'no-passive-ftp',
  recursive: 'r',
  level: 'l',
  'delete-after': 'delete-after',
  'convert-links': 'k',
  mirror: 'm',
  'page-requisites': 'p',
  accept: 'A',
  reject: 'R',
  'no-parent': 'np',
  'no-config': 'no-config',
  domains: 'D',
  'span-hosts': 'H',
}
const SHORT = 'be:o:a:dqvi:FB:t:O:cNST:w:Q:46xP:EU:rl:kmpA:R:D:HLhVnI:X:KK'

export default gnuCommand({
  name: 'wget',
  package: 'wget',
  usage: '[OPTION]... [URL]...',
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (isBusyBox(process)) return uclientFetch(process, words)
    let options: Options
    try {
      options = parseOptions(
        words.map((word) =>
          /^-n[vcdHp]$/.test(word)
            ? `--${{ nv: 'no-verbose', nc: 'no-clobber', nd: 'no-directories', nH: 'no-host-directories', np: 'no-parent' }[word.slice(1)]}`
            : word,
        ),
        { short: SHORT, long: LONG },
      )
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      noteAll(process, words)
      await complain(process, error.message)
      await process.stderr.write(`${USAGE}\nTry \`wget --help' for more options.\n`)
      return 2
    }
    if (options.has('V', 'version')) {
      await process.stdout.write(
        'GNU Wget 1.21.3 built on linux-gnu.\n\n-cares +digest -gpgme +https +ipv6 +iri +large-file -metalink +nls \n+ntlm +opie +psl +ssl/gnutls \n',
      )
      return 0
    }
    const urls = [...options.operands, ...(await fromFile(process, options))]
    if (urls.length === 0) {
      await complain(process, 'missing URL')
      await process.stderr.write(`${USAGE}\nTry \`wget --help' for more options.\n`)
      return 1
    }
    for (const key of ['post-data', 'body-data', 'header', 'U'])
      for (const value of options.values(key)) if (/:\/\//.test(value)) noteIndicator(process, 'url', value, `wget --${key}`)
    return new Wget(process, options).run(urls)
  },
})

/** URLs count even when the command line is wrong. */
function noteAll(process: Process, words: readonly string[]): void {
  for (const word of words) if (/:\/\//.test(word)) noteIndicator(process, 'url', word, 'wget')
}

async function fromFile(process: Process, options: Options): Promise<string[]> {
  const file = options.value('i')
  if (file === undefined) return []
  try {
    const bytes = await (file === '-' ? process.stdin : process.openInput(file)).all()
    return Buffer.from(bytes)
      .toString('utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stderr.write(`${file}: ${error.message}\n`)
    return []
  }
}

class Wget {
  readonly #process: Process
  readonly #options: Options
  readonly #quote: (text: string) => string
  #status = 0
  /** Bytes gathered for `-O FILE`. */
  #document: Buffer[] = []

  constructor(process: Process, options: Options) {
    this.#process = process
    this.#options = options
    this.#quote = speaksUtf8(process) ? (text) => `‘${text}’` : (text) => `'${text}'`
  }

  async run(urls: readonly string[]): Promise<number> {
    if (this.#options.has('b'))
      await this.#process.stdout.write(
        `Continuing in background, pid ${this.#process.world.processes.lastPid + 1}.\nOutput will be written to ${this.#quote('wget-log')}.\n`,
      )
    const started = this.#process.world.now()
    const document = this.#options.value('O')
    if (document !== undefined && document !== '-' && !(await this.#touch(document))) return 3
    let files = 0
    let bytes = 0
    for (const url of urls) {
      const size = await this.#one(url)
      if (size !== undefined) {
        files++
        bytes += size
      }
    }
    if (urls.length > 1 && files > 0) {
      const elapsed = (this.#process.world.now() - started) / 1000
      await this.#log(
        `FINISHED --${this.#clock()}--\nTotal wall clock time: ${elapsed.toPrecision(2)}s\nDownloaded: ${files} files, ${wgetSize(bytes)} in ${Math.max(0.001, elapsed / 4).toPrecision(1)}s (${wgetRate(bytes, elapsed / 4)})\n`,
      )
    }
    return this.#status
  }

  async #touch(document: HostText): Promise<boolean> {
    try {
      this.#process.openOutput(document, 'truncate')
      return true
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await this.#process.stderr.write(`${document}: ${error.message}\n`)
      return false
    }
  }

  get #quiet(): boolean {
    return this.#options.has('q')
  }

  get #terse(): boolean {
    return this.#options.has('nv')
  }

  async #log(text: string): Promise<void> {
    if (this.#quiet || this.#terse) return
    const file = this.#options.value('o') ?? this.#options.value('a') ?? (this.#options.has('b') ? 'wget-log' : undefined)
    if (file === undefined) await this.#process.stderr.write(text)
    else await this.#process.openOutput(file, 'append').write(text)
  }

  #clock(): string {
    return strftime('%Y-%m-%d %H:%M:%S', localTime(this.#process.world.now(), zoneOf(this.#process)))
  }

  /** Gives the bytes saved, or nothing when it failed. */
  async #one(url: string): Promise<number | undefined> {
    const target = parseTarget(url)
    if (!target || !/^(https?|ftps?)$/.test(target.scheme)) {
      noteIndicator(this.#process, 'url', url, 'wget')
      this.#status = 1
      await this.#process.stderr.write(
        target ? `${url}: Unsupported scheme ${this.#quote(target.scheme)}.\n` : `${url}: Invalid host name.\n`,
      )
      return undefined
    }
    if (this.#options.has('spider')) await this.#log('Spider mode enabled. Check if remote file exists.\n')
    await this.#log(`--${this.#clock()}--  ${shownUrl(target)}\n`)
    if (target.scheme === 'ftp') await this.#log(`           => ${this.#quote(this.#options.value('O') ?? fileNameOf(target))}\n`)
    const named = !isAddress(target.host)
    const idn = target.host.toLowerCase()
    if (named) await this.#log(`Resolving ${idn} (${idn})... `)
    const fetched = await fetchTarget(this.#process, target, 'wget', {
      resolved: async (address) => (named ? this.#log(`${address}\n`) : undefined),
      connecting: (address) =>
        this.#log(`Connecting to ${named ? `${idn} (${idn})|${address}|:${target.port}` : `${target.host}:${target.port}`}... `),
    })
    return this.#answer(target, fetched)
  }

  async #answer(target: Target, fetched: Fetched): Promise<number | undefined> {
    if (fetched.state === 'unresolved') {
      const why = fetched.failure === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known'
      await this.#log(`failed: ${why}.\n`)
      if (!this.#quiet)
        await this.#process.stderr.write(
          `${this.#process.argv[0]}: unable to resolve host address ${this.#quote(target.host.toLowerCase())}\n`,
        )
      this.#status = 4
      return undefined
    }
    if (fetched.state === 'unconnected') {
      await this.#log(`failed: ${REACH_TEXT[fetched.reach.state]}.\n`)
      this.#status = 4
      return undefined
    }
    await this.#log('connected.\n')
    return target.scheme === 'ftp' ? this.#ftp(target, fetched) : this.#http(target, fetched)
  }

  async #http(target: Target, answer: Extract<Fetched, { state: 'answered' }>): Promise<number | undefined> {
    const { status, reason, headers, body } = answer
    await this.#log('HTTP request sent, awaiting response... ')
    await this.#process.sleep(20)
    if (this.#options.has('S'))
      await this.#log(`\n  HTTP/1.1 ${status} ${reason}\n${headers.map(([name, value]) => `  ${name}: ${value}\n`).join('')}`)
    else await this.#log(`${status} ${reason}\n`)
    if (status >= 400) {
      if (this.#options.has('spider')) await this.#log('Remote file does not exist -- broken link!!!\n\n')
      else if (!this.#quiet) await this.#log(`${this.#clock()} ERROR ${status}: ${reason}.\n\n`)
      if (this.#terse) await this.#process.stderr.write(`${shownUrl(target)}:\n${this.#clock()} ERROR ${status}: ${reason}.\n`)
      this.#status = 8
      return undefined
    }
    const type = headers.find(([name]) => name === 'Content-Type')?.[1] ?? 'application/octet-stream'
    await this.#log(`Length: ${body.length}${body.length >= 1024 ? ` (${wgetSize(body.length)})` : ''} [${type}]\n`)
    if (this.#options.has('spider')) {
      await this.#log('Remote file exists.\n\n')
      return 0
    }
    return this.#save(target, body)
  }

  async #ftp(target: Target, answer: Extract<Fetched, { state: 'answered' }>): Promise<number | undefined> {
    const user = target.user?.split(':')[0] ?? 'anonymous'
    await this.#log(
      `Logging in as ${user} ... Logged in!\n==> SYST ... done.    ==> PWD ... done.\n==> TYPE I ... done.  ==> CWD not needed.\n==> SIZE ${fileNameOf(target)} ... ${answer.body.length}\n==> PASV ... done.    ==> RETR ${fileNameOf(target)} ... done.\nLength: ${answer.body.length} (${wgetSize(answer.body.length)}) (unauthoritative)\n`,
    )
    return this.#save(target, answer.body)
  }

  async #save(target: Target, body: Buffer): Promise<number | undefined> {
    const document = this.#options.value('O')
    const prefix = this.#options.value('P')
    const name = document ?? this.#freeName(prefix === undefined ? fileNameOf(target) : joinPath(prefix, fileNameOf(target)))
    const shown = document === '-' ? 'STDOUT' : name
    await this.#log(`Saving to: ${this.#quote(shown)}\n\n`)
    const started = this.#process.world.now()
    await this.#progress(shown, body.length)
    try {
      if (prefix !== undefined && document === undefined) makeFolder(this.#process, prefix)
      if (document === '-') await this.#process.stdout.write(body)
      else if (document === undefined) await this.#process.openOutput(name, 'truncate').write(body)
      else {
        this.#document.push(body)
        await this.#process.openOutput(document, 'truncate').write(Buffer.concat(this.#document))
      }
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await this.#process.stderr.write(`${name}: ${error.message}\n\nCannot write to ${this.#quote(name)} (${error.message}).\n`)
      this.#status = 3
      return undefined
    }
    const elapsed = Math.max(0.0004, (this.#process.world.now() - started) / 1000)
    const saved = document === '-' ? `written to stdout` : `${this.#quote(name)} saved`
    await this.#log(
      `\n${this.#clock()} (${wgetRate(body.length, elapsed)}) - ${document === '-' ? saved : saved} [${body.length}/${body.length}]\n\n`,
    )
    if (this.#terse && !this.#quiet)
      await this.#process.stderr.write(
        `${this.#clock()} URL:${shownUrl(target)} [${body.length}/${body.length}] -> "${document === '-' ? '-' : name}" [1]\n`,
      )
    return body.length
  }

  #freeName(name: HostText): HostText {
    if (this.#options.has('nc', 'c', 'N', 'r', 'x') || !statIfThere(this.#process, name)) return name
    for (let i = 1; ; i++) if (!statIfThere(this.#process, `${name}.${i}`)) return `${name}.${i}`
  }

  async #progress(name: string, size: number): Promise<void> {
    const seconds = size / lineSpeed(this.#process)
    const asBar =
      this.#process.stderr.isTerminal && !/^dot/.test(this.#options.value('progress') ?? '') && this.#options.value('o') === undefined
    if (this.#quiet && !this.#options.has('show-progress')) {
      await this.#process.sleep(seconds * 1000)
      return
    }
    const columns = this.#process.terminal?.columns ?? 80
    const started = this.#process.world.now()
    const steps = asBar ? Math.max(1, Math.min(40, Math.ceil(seconds / 0.2))) : 1
    for (let i = 0; i < steps; i++) {
      if (asBar) await this.#log(bar(name, Math.floor((size * i) / steps), size, (this.#process.world.now() - started) / 1000, columns))
      await this.#process.sleep((seconds * 1000) / steps)
    }
    const elapsed = Math.max(0.0004, (this.#process.world.now() - started) / 1000)
    await this.#log(asBar ? `${bar(name, size, size, elapsed, columns)}\n` : dots(size, size, elapsed))
  }
}

function shownUrl(target: Target): string {
  return target.text.replace(/^(\w+:\/\/)[^/@]*@/, '$1').replace(/^(\w+:\/\/[^/]+)$/, '$1/')
}

function makeFolder(process: Process, path: HostText): void {
  if (statIfThere(process, path)) return
  const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
  if (parent !== '') makeFolder(process, parent)
  process.files.mkdir(path, 0o755)
}
