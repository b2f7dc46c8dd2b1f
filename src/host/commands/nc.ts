import { evidence } from '../../events/bytes.ts'
import type { HostText, Process } from '../command.ts'
import { installedPackages } from '../world/packages.ts'
import { busyBoxBanner } from './busybox/banner.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand } from './gnu/command.ts'
import { connect, noteIndicator, REACH_TEXT, resolve } from './net/target.ts'

/** Longest that a listening netcat of ours stays without a caller: as long as the session lasts, in slices. */
const LISTEN_SLICE_MS = 60_000

export default gnuCommand({
  name: 'nc',
  package: 'base',
  paths: ['/usr/bin/nc', '/usr/bin/netcat', '/usr/bin/nc.traditional', '/usr/bin/nc.openbsd', '/bin/nc.traditional', '/bin/nc.openbsd'],
  usage: '[options] hostname port[s] [ports] ...',
  rawArguments: true,
  short: '',
  run: (process) => new Netcat(process, process.argv.slice(1)).run(),
})

class Netcat {
  readonly #process: Process
  readonly #openbsd: boolean
  readonly #operands: HostText[] = []
  readonly #flags = new Set<string>()
  readonly #values = new Map<string, HostText>()

  constructor(process: Process, words: readonly HostText[]) {
    this.#process = process
    this.#openbsd = (process.argv[0] as string).includes('openbsd') || installedPackages(process.world).has('netcat-openbsd')
    const valued = this.#openbsd ? 'iIMmOPpqsTVWwXx' : 'ceghGiopqsTw'
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as string
      if (!word.startsWith('-') || word === '-') {
        this.#operands.push(word)
        continue
      }
      for (let at = 1; at < word.length; at++) {
        const letter = word[at] as string
        this.#flags.add(letter)
        if (!valued.includes(letter) || (letter === 'h' && !this.#openbsd && at === word.length - 1)) continue
        this.#values.set(letter, at + 1 < word.length ? word.slice(at + 1) : (words[++i] ?? ''))
        break
      }
    }
  }

  async run(): Promise<number> {
    const { stderr } = this.#process
    if (this.#flags.has('l')) return this.#listen()
    const [host, ...ports] = this.#operands
    if (host === undefined || ports.length === 0) {
      if (isBusyBox(this.#process))
        await stderr.write(`${busyBoxBanner(this.#process.world.persona)} multi-call binary.\n\nUsage: nc [IPADDR PORT]\n`)
      else if (this.#openbsd)
        await stderr.write(
          'usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n\t  [destination] [port]\n',
        )
      else await stderr.write(host === undefined ? 'Cmd line: no destination\n' : 'no port[s] to connect to\n')
      return 1
    }
    noteIndicator(
      this.#process,
      'host',
      `${host}:${ports.join(',')}`,
      this.#values.has('e') || this.#values.has('c') ? 'nc reverse shell' : 'nc',
    )
    const found = await resolve(this.#process, host)
    if ('failure' in found) {
      const why = found.failure === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known'
      await stderr.write(
        isBusyBox(this.#process)
          ? `nc: bad address '${host}'\n`
          : this.#openbsd
            ? `nc: getaddrinfo for host "${host}" port ${ports[0]}: ${why}\n`
            : `${host}: forward host lookup failed: Host name lookup failure\n`,
      )
      return 1
    }
    let status = 1
    for (const port of this.#portList(ports)) if ((await this.#dial(host, found.address, port)) === 0) status = 0
    return status
  }

  #portList(ports: readonly string[]): number[] {
    return ports.flatMap((text) => {
      const range = /^(\d{1,5})-(\d{1,5})$/.exec(text)
      if (!range)
        return /^\d{1,5}$/.test(text) ? [Number(text)] : [{ http: 80, https: 443, ssh: 22, ftp: 21, telnet: 23, smtp: 25 }[text] ?? 0]
      const [low, high] = [Number(range[1]), Number(range[2])]
      return Array.from({ length: Math.min(1024, high - low + 1) }, (_, i) => low + i)
    })
  }

  async #dial(host: HostText, address: string, port: number): Promise<number> {
    const { stderr, stdout } = this.#process
    const verbose = this.#flags.has('v')
    const reach = await connect(this.#process, address, port, this.#flags.has('u') ? 'udp' : 'tcp')
    if (reach.state !== 'open') {
      if (this.#openbsd && (verbose || !this.#flags.has('z')))
        await stderr.write(
          verbose
            ? `nc: connect to ${host} port ${port} (${this.#flags.has('u') ? 'udp' : 'tcp'}) failed: ${REACH_TEXT[reach.state]}\n`
            : '',
        )
      else if (isBusyBox(this.#process)) await stderr.write(`nc: can't connect to remote host (${address}): ${REACH_TEXT[reach.state]}\n`)
      else if (!this.#openbsd)
        await stderr.write(
          verbose || !this.#flags.has('z') ? `(UNKNOWN) [${address}] ${port} (${this.#service(port)}) : ${REACH_TEXT[reach.state]}\n` : '',
        )
      return 1
    }
    if (verbose)
      await stderr.write(
        this.#openbsd
          ? `Connection to ${host} ${port} port [tcp/${this.#service(port)}] succeeded!\n`
          : `${host} [${address}] ${port} (${this.#service(port)}) open\n`,
      )
    if (this.#flags.has('z')) return 0
    const sent = await this.#process.stdin.all(1024 * 1024)
    if (sent.length) this.#process.recorder.capture(sent, { how: 'nc', name: evidence(`${host}:${port}`) })
    await this.#process.sleep(200)
    const banner = reach.local ? this.#banner(port) : ''
    if (banner) await stdout.write(banner)
    return 0
  }

  #service(port: number): string {
    return (
      (
        {
          21: 'ftp',
          22: 'ssh',
          23: 'telnet',
          25: 'smtp',
          53: 'domain',
          80: 'http',
          110: 'pop3',
          143: 'imap2',
          443: 'https',
          3306: 'mysql',
          6379: 'redis',
          8080: 'http-alt',
        } as Record<number, string>
      )[port] ?? (this.#openbsd ? '*' : '?')
    )
  }

  /** The first words of the host's own services. */
  #banner(port: number): string {
    const { banners } = this.#process.world.persona
    if (port === 22 && banners.ssh) return `${banners.ssh}\r\n`
    if (port === 25) return `220 ${this.#process.world.hostname}.${this.#process.world.persona.domain} ESMTP Postfix (Debian/GNU)\r\n`
    return ''
  }

  async #listen(): Promise<number> {
    const port = this.#values.get('p') ?? this.#operands.at(-1)
    if (port === undefined) {
      await this.#process.stderr.write(
        this.#openbsd ? 'usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n' : 'local listen needs -p arg\n',
      )
      return 1
    }
    this.#process.recorder.record('indicator', {
      kind: 'host',
      value: evidence(`listen:${port}`),
      how: this.#values.has('e') || this.#values.has('c') ? 'nc bind shell' : 'nc listen',
    })
    if (this.#flags.has('v'))
      await this.#process.stderr.write(this.#openbsd ? `Listening on 0.0.0.0 ${port}\n` : `listening on [any] ${port} ...\n`)
    for (;;) await this.#process.sleep(LISTEN_SLICE_MS)
  }
}
