import type { HostText } from '../../command.ts'

/** A wrong command line, in curl's words. */
export class CurlUsage extends Error {}

export interface CurlRequest {
  urls: HostText[]
  outputs: ({ kind: 'name'; name: HostText } | { kind: 'remote' })[]
  silent: boolean
  showErrors: boolean
  verbose: boolean
  head: boolean
  include: boolean
  fail: boolean
  bar: boolean
  form: boolean
  method: string | undefined
  agent: string | undefined
  proxy: string | undefined
  referer: string | undefined
  writeOut: string | undefined
  data: string[]
  headers: string[]
  /** Files whose content is sent. */
  uploads: HostText[]
}

/** Letters that take a value. */
const VALUED = 'AbcCdDeEFhHKmoPQrtTuUwxXyYz'
const FLAGS = '#0123460aBfgGiIjkJlLMnNOpqRsSvV:Z'
const LONG_VALUED: Record<string, string> = {
  'user-agent': 'A',
  cookie: 'b',
  'cookie-jar': 'c',
  'continue-at': 'C',
  data: 'd',
  'data-binary': 'd',
  'data-raw': 'd',
  'data-ascii': 'd',
  'data-urlencode': 'd',
  json: 'd',
  'dump-header': 'D',
  referer: 'e',
  cert: 'E',
  form: 'F',
  header: 'H',
  config: 'K',
  'max-time': 'm',
  output: 'o',
  'ftp-port': 'P',
  quote: 'Q',
  range: 'r',
  'telnet-option': 't',
  'upload-file': 'T',
  user: 'u',
  'proxy-user': 'U',
  'write-out': 'w',
  proxy: 'x',
  request: 'X',
  'speed-time': 'y',
  'speed-limit': 'Y',
  'time-cond': 'z',
  'connect-timeout': '',
  retry: '',
  'retry-delay': '',
  'retry-max-time': '',
  'max-redirs': '',
  'max-filesize': '',
  interface: '',
  resolve: '',
  cacert: '',
  capath: '',
  ciphers: '',
  'limit-rate': '',
  socks5: 'x',
  'socks5-hostname': 'x',
  socks4: 'x',
  socks4a: 'x',
  preproxy: 'x',
  'unix-socket': '',
  'connect-to': '',
  'dns-servers': '',
  'output-dir': '',
  stderr: '',
  key: '',
  trace: '',
  'trace-ascii': '',
  url: 'url',
  'oauth2-bearer': '',
  'doh-url': '',
  noproxy: '',
  'keepalive-time': '',
  'tls-max': '',
  'local-port': '',
  'form-string': 'F',
  'parallel-max': '',
  variable: '',
}
const LONG_FLAGS: Record<string, string> = {
  silent: 's',
  'show-error': 'S',
  verbose: 'v',
  head: 'I',
  include: 'i',
  fail: 'f',
  'fail-with-body': 'f',
  'progress-bar': '#',
  'remote-name': 'O',
  'remote-name-all': 'O',
  location: 'L',
  'location-trusted': 'L',
  insecure: 'k',
  compressed: '',
  ipv4: '4',
  ipv6: '6',
  get: 'G',
  'http1.0': '0',
  'http1.1': '',
  http2: '',
  'http2-prior-knowledge': '',
  http3: '',
  'tlsv1.0': '',
  'tlsv1.1': '',
  'tlsv1.2': '',
  'tlsv1.3': '',
  tlsv1: '1',
  sslv2: '2',
  sslv3: '3',
  'no-buffer': 'N',
  netrc: 'n',
  append: 'a',
  'use-ascii': 'B',
  globoff: 'g',
  'junk-session-cookies': 'j',
  'remote-header-name': 'J',
  'list-only': 'l',
  'remote-time': 'R',
  proxytunnel: 'p',
  disable: 'q',
  next: '',
  anyauth: '',
  basic: '',
  digest: '',
  ntlm: '',
  negotiate: '',
  'create-dirs': '',
  'ssl-reqd': '',
  ssl: '',
  'tcp-nodelay': '',
  'no-keepalive': '',
  'no-progress-meter': 's',
  raw: '',
  parallel: 'Z',
  'path-as-is': '',
  'retry-connrefused': '',
  'retry-all-errors': '',
  post301: '',
  styled: '',
  'no-styled-output': '',
  'ftp-pasv': '',
  'disable-epsv': '',
  'proxy-insecure': '',
  'ssl-no-revoke': '',
  'tr-encoding': '',
  crlf: '',
  manual: 'M',
  help: '',
  version: '',
}

/** Reads a command line as curl 7.88 does. @throws CurlUsage */
export function curlOptions(words: readonly HostText[]): CurlRequest {
  const request: CurlRequest = {
    urls: [],
    outputs: [],
    silent: false,
    showErrors: false,
    verbose: false,
    head: false,
    include: false,
    fail: false,
    bar: false,
    form: false,
    method: undefined,
    agent: undefined,
    proxy: undefined,
    referer: undefined,
    writeOut: undefined,
    data: [],
    headers: [],
    uploads: [],
  }
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '--') {
      request.urls.push(...words.slice(i + 1))
      break
    }
    if (word.startsWith('--')) {
      const name = word.slice(2)
      const valued = unique(LONG_VALUED, name)
      const flag = unique(LONG_FLAGS, name.replace(/^no-(?!buffer|keepalive|progress|styled)/, ''))
      if (valued !== undefined) {
        if (i + 1 >= words.length) throw new CurlUsage(`option ${word}: requires parameter`)
        apply(request, valued, words[++i] as string)
      } else if (flag !== undefined) apply(request, flag, undefined)
      else throw new CurlUsage(`option ${word}: is unknown`)
    } else if (word.startsWith('-') && word.length > 1) i += cluster(request, word, words[i + 1])
    else request.urls.push(word)
  }
  return request
}

/** The value of a long name, which may be shortened as far as it stays unique. */
function unique(table: Record<string, string>, name: string): string | undefined {
  if (Object.hasOwn(table, name)) return table[name]
  if (name.length < 3) return undefined
  const all = [...Object.keys(LONG_VALUED), ...Object.keys(LONG_FLAGS)].filter((candidate) => candidate.startsWith(name))
  return all.length === 1 && Object.hasOwn(table, all[0] as string) ? table[all[0] as string] : undefined
}

function cluster(request: CurlRequest, word: string, next: HostText | undefined): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] as string
    if (VALUED.includes(letter)) {
      const rest = word.slice(at + 1)
      if (rest !== '') apply(request, letter, rest)
      else if (next === undefined) {
        if (letter === 'h') return 0
        throw new CurlUsage(`option ${word}: requires parameter`)
      } else apply(request, letter, next)
      return rest === '' ? 1 : 0
    }
    if (!FLAGS.includes(letter)) throw new CurlUsage(`option ${word}: is unknown`)
    apply(request, letter, undefined)
  }
  return 0
}

function apply(request: CurlRequest, key: string, value: string | undefined): void {
  const text = value ?? ''
  switch (key) {
    case 's':
      request.silent = true
      break
    case 'S':
      request.showErrors = true
      break
    case 'v':
      request.verbose = true
      break
    case 'I':
      request.head = true
      break
    case 'i':
      request.include = true
      break
    case 'f':
      request.fail = true
      break
    case '#':
      request.bar = true
      break
    case 'O':
      request.outputs.push({ kind: 'remote' })
      break
    case 'o':
      request.outputs.push({ kind: 'name', name: text })
      break
    case 'd':
      request.data.push(text)
      if (text.startsWith('@')) request.uploads.push(text.slice(1))
      break
    case 'F': {
      request.form = true
      const file = /=[@<]([^;]+)/.exec(text)
      if (file) request.uploads.push(file[1] as string)
      else request.data.push(text)
      break
    }
    case 'T':
      request.uploads.push(text)
      break
    case 'H':
      request.headers.push(text)
      break
    case 'X':
      request.method = text
      break
    case 'A':
      request.agent = text
      break
    case 'x':
      request.proxy = text
      break
    case 'e':
      request.referer = text
      break
    case 'w':
      request.writeOut = text
      break
    case 'url':
      request.urls.push(text)
      break
    default:
  }
}
