import { evidence } from '../../events/bytes.ts'
import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { installedVersion } from '../world/packages.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { type CurlRequest, CurlUsage, curlOptions } from './net/curl-options.ts'
import { type Fetched, fetchTarget, lineSpeed } from './net/fetch.ts'
import { noteIndicator } from './net/target.ts'
import { fileNameOf, parseTarget, type Target } from './net/url.ts'

const METER =
  '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n'
const IDLE = '\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0'
const PROTOCOLS = [
  'dict',
  'file',
  'ftp',
  'ftps',
  'gopher',
  'gophers',
  'http',
  'https',
  'imap',
  'imaps',
  'ldap',
  'ldaps',
  'mqtt',
  'pop3',
  'pop3s',
  'rtmp',
  'rtsp',
  'scp',
  'sftp',
  'smb',
  'smbs',
  'smtp',
  'smtps',
  'telnet',
  'tftp',
]

export default gnuCommand({
  name: 'curl',
  package: 'curl',
  usage: '[options...] <url>',
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words.includes('-V') || words.includes('--version')) return version(process)
    let request: CurlRequest
    try {
      request = curlOptions(words)
    } catch (error) {
      if (!(error instanceof CurlUsage)) throw error
      for (const word of words) if (/:\/\//.test(word)) noteIndicator(process, 'url', word, 'curl')
      await complain(process, error.message)
      await complain(process, "try 'curl --help' or 'curl --manual' for more information")
      return 2
    }
    if (words.includes('-h') || words.includes('--help')) {
      await process.stdout.write(
        'Usage: curl [options...] <url>\n -d, --data <data>          HTTP POST data\n -f, --fail                 Fail fast with no output on HTTP errors\n -h, --help <category>      Get help for commands\n -i, --include              Include protocol response headers in the output\n -o, --output <file>        Write to file instead of stdout\n -O, --remote-name          Write output to a file named as the remote file\n -s, --silent               Silent mode\n -T, --upload-file <file>   Transfer local FILE to destination\n -u, --user <user:password> Server user and password\n -A, --user-agent <name>    Send User-Agent <name> to server\n -v, --verbose              Make the operation more talkative\n -V, --version              Show version number and quit\n',
      )
      return 0
    }
    if (request.urls.length === 0) {
      if (words.length) await complain(process, 'no URL specified!')
      await complain(process, "try 'curl --help' or 'curl --manual' for more information")
      return 2
    }
    for (const text of [request.proxy, request.referer, ...request.data, ...request.headers])
      if (text && /:\/\//.test(text)) noteIndicator(process, 'url', text, 'curl')
    await noteUploads(process, request)
    let status = 0
    for (const [i, url] of request.urls.entries())
      status = await new Transfer(process, request, request.outputs[i] ?? request.outputs.at(-1)).run(url)
    return status
  },
})

async function version(process: Process): Promise<number> {
  const entry = process.world.persona.packages.find((name) => name.startsWith('curl '))?.split(' ')[1] ?? '7.88.1-10+deb12u12'
  const number = entry.split('-')[0]
  const openssl = (installedVersion(process.world, 'libssl3') ?? '3.0.17').replace(/-.*$/, '')
  await process.stdout.write(
    `curl ${number} (${process.world.persona.os.kernel.machine}-pc-linux-gnu) libcurl/${number} OpenSSL/${openssl} zlib/1.2.13 brotli/1.0.9 zstd/1.5.4 libidn2/2.3.3 libpsl/0.21.2 (+libidn2/2.3.3) libssh2/1.10.0 nghttp2/1.52.0 librtmp/2.3 OpenLDAP/2.5.13\nRelease-Date: 2023-02-20, security patched: ${entry}\nProtocols: ${PROTOCOLS.join(' ')}\nFeatures: alt-svc AsynchDNS brotli GSS-API HSTS HTTP2 HTTPS-proxy IDN IPv6 Kerberos Largefile libz NTLM NTLM_WB PSL SPNEGO SSL threadsafe TLS-SRP UnixSockets zstd\n`,
  )
  return 0
}

/** What an attacker sends out is worth keeping: `-d @file`, `-T file`, `-F x=@file`. */
async function noteUploads(process: Process, request: CurlRequest): Promise<void> {
  for (const file of request.uploads) {
    if (file === '-' || file === '') continue
    try {
      process.recorder.capture(process.files.read(file).subarray(0, 4 * 1024 * 1024), { how: 'curl upload', name: evidence(file) })
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
  }
}

class Transfer {
  readonly #process: Process
  readonly #request: CurlRequest
  readonly #output: { kind: 'name'; name: HostText } | { kind: 'remote' } | undefined

  constructor(process: Process, request: CurlRequest, output: CurlRequest['outputs'][number] | undefined) {
    this.#process = process
    this.#request = request
    this.#output = output
  }

  get #errors(): boolean {
    return !this.#request.silent || this.#request.showErrors
  }

  /** The error, and what `-w` asks for all the same. */
  async #fail(code: number, message: string, target?: Target): Promise<number> {
    if (this.#errors) await this.#process.stderr.write(`curl: (${code}) ${message}\n`)
    const { writeOut: format } = this.#request
    if (format !== undefined && target)
      await this.#process.stdout.write(writeOut(format, { status: 0, size: 0, seconds: 0, address: '', code }, target))
    return code
  }

  async run(url: string): Promise<number> {
    const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase()
    if (scheme !== undefined && !PROTOCOLS.includes(scheme)) {
      noteIndicator(this.#process, 'url', url, 'curl')
      return this.#fail(1, `Protocol "${scheme}" not supported or disabled in libcurl`)
    }
    if (scheme === 'file') return this.#localFile(url)
    const target = parseTarget(url)
    if (!target || /[\s{}]/.test(url)) {
      noteIndicator(this.#process, 'url', url, 'curl')
      return this.#fail(3, 'URL using bad/illegal format or missing URL')
    }
    const metered =
      !this.#request.silent && !this.#request.bar && (this.#output !== undefined || !this.#process.stdout.isTerminal) && !this.#request.head
    if (metered) await this.#process.stderr.write(METER + IDLE)
    const started = this.#process.world.now()
    const fetched = await fetchTarget(this.#process, target, 'curl', {
      connecting: (address) => this.#say(`*   Trying ${address}:${target.port}...\n`),
    })
    if (fetched.state === 'unresolved') {
      await this.#say(`* Could not resolve host: ${target.host}\n* Closing connection 0\n`)
      return this.#fail(6, `Could not resolve host: ${target.host}`, target)
    }
    if (fetched.state === 'unconnected') {
      const elapsed = this.#process.world.now() - started
      const why = `Failed to connect to ${target.host} port ${target.port} after ${elapsed} ms: Couldn't connect to server`
      await this.#say(
        `* connect to ${fetched.reach.address} port ${target.port} failed: ${fetched.reach.state === 'refused' ? 'Connection refused' : 'No route to host'}\n* ${why}\n* Closing connection 0\n`,
      )
      if (metered) await this.#process.stderr.write(`${IDLE}\n`)
      return this.#fail(7, why, target)
    }
    return this.#receive(target, fetched, metered, started)
  }

  async #say(text: string): Promise<void> {
    if (this.#request.verbose) await this.#process.stderr.write(text)
  }

  async #localFile(url: string): Promise<number> {
    const path = url.replace(/^file:\/\/(localhost)?/i, '')
    let bytes: Buffer
    try {
      bytes = this.#process.files.read(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      return this.#fail(37, `Couldn't open file ${path}`)
    }
    return this.#write(bytes, path)
  }

  async #receive(target: Target, answer: Extract<Fetched, { state: 'answered' }>, metered: boolean, started: number): Promise<number> {
    const { status, reason, headers, body } = answer
    const method =
      this.#request.method ??
      (this.#request.head
        ? 'HEAD'
        : this.#request.data.length || this.#request.form
          ? 'POST'
          : this.#request.uploads.length
            ? 'PUT'
            : 'GET')
    const head = `HTTP/1.1 ${status} ${reason}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
    await this.#say(
      `* Connected to ${target.host} (${answer.address}) port ${target.port} (#0)\n> ${method} ${target.path} HTTP/1.1\r\n> Host: ${target.host}${target.port === 80 || target.port === 443 ? '' : `:${target.port}`}\r\n> User-Agent: ${this.#request.agent ?? 'curl/7.88.1'}\r\n> Accept: */*\r\n> \r\n`,
    )
    await this.#process.sleep(15)
    await this.#say(
      `${head
        .trimEnd()
        .split('\r\n')
        .map((line) => `< ${line}\r\n`)
        .join('')}< \r\n`,
    )
    if (this.#request.fail && status >= 400) return this.#fail(22, `The requested URL returned error: ${status}`, target)
    await this.#process.sleep((body.length / lineSpeed(this.#process)) * 1000)
    const shown = this.#request.head ? Buffer.from(head) : this.#request.include ? Buffer.concat([Buffer.from(head), body]) : body
    const code = await this.#write(shown, fileNameOf(target))
    if (code !== 0) return code
    if (metered)
      await this.#process.stderr.write(
        `\r100 ${meter(body.length)}  100 ${meter(body.length)}    0     0 ${rate(body.length, this.#process.world.now() - started)}      0 --:--:-- --:--:-- --:--:-- ${rate(body.length, this.#process.world.now() - started)}\n`,
      )
    await this.#say(`* Connection #0 to host ${target.host} left intact\n`)
    if (this.#request.writeOut !== undefined)
      await this.#process.stdout.write(
        writeOut(
          this.#request.writeOut,
          { status, size: body.length, seconds: (this.#process.world.now() - started) / 1000, address: answer.address, code: 0 },
          target,
        ),
      )
    return 0
  }

  async #write(bytes: Uint8Array, remoteName: HostText): Promise<number> {
    const name = this.#output?.kind === 'name' ? this.#output.name : this.#output?.kind === 'remote' ? remoteName : '-'
    try {
      if (name === '-') await this.#process.stdout.write(bytes)
      else await this.#process.openOutput(name, 'truncate').write(bytes)
      return 0
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      if (this.#errors) await this.#process.stderr.write(`Warning: Failed to open the file ${name}: ${error.message}\n`)
      return this.#fail(23, 'Failure writing output to destination')
    }
  }
}

function meter(bytes: number): string {
  return (
    bytes < 100_000 ? String(bytes) : bytes < 10_240_000 ? `${Math.floor(bytes / 1024)}k` : `${(bytes / 1_048_576).toFixed(1)}M`
  ).padStart(5)
}

function rate(bytes: number, ms: number): string {
  return meter(Math.floor((bytes * 1000) / Math.max(1, ms))).padStart(6)
}

interface Outcome {
  status: number
  size: number
  seconds: number
  address: string
  code: number
}

function writeOut(format: string, { status, size, seconds, address, code }: Outcome, target: Target): string {
  const values: Record<string, string> = {
    http_code: String(status).padStart(3, '0'),
    response_code: String(status).padStart(3, '0'),
    size_download: String(size),
    time_total: seconds.toFixed(6),
    url_effective: target.text,
    url: target.text,
    remote_ip: address,
    remote_port: String(target.port),
    content_type: 'text/html',
    num_redirects: '0',
    exitcode: String(code),
    speed_download: String(Math.round(size / Math.max(seconds, 0.001))),
    time_connect: (seconds / 3).toFixed(6),
    scheme: target.scheme.toUpperCase(),
    http_version: '1.1',
    method: 'GET',
  }
  return format.replace(/%\{(\w{1,40})\}|%%|\\([nrt\\])/g, (whole, name: string | undefined, escaped: string | undefined) =>
    escaped
      ? ({ n: '\n', r: '\r', t: '\t', '\\': '\\' }[escaped] as string)
      : name === undefined
        ? '%'
        : Object.hasOwn(values, name)
          ? (values[name] as string)
          : whole,
  )
}
