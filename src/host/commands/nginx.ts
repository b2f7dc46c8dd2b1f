import type { Process } from '../command.ts'
import { installedVersion } from '../world/packages.ts'
import { Services } from '../world/services.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { NginxConfig, NginxFault } from './web/nginx-config.ts'
import facts from './web/nginx-facts.json' with { type: 'json' }

const CONFIG = '/etc/nginx/nginx.conf'
const PID_FILE = '/run/nginx.pid'
const SIGNALS = ['stop', 'quit', 'reopen', 'reload']
/** Times and milliseconds that it tries to bind an address that is in use. */
const BIND_TRIES = 5
const BIND_PAUSE = 500

interface Wanted {
  flags: Set<string>
  config: string
  signal?: string
}

export default gnuCommand({
  name: 'nginx',
  package: 'nginx',
  paths: ['/usr/sbin/nginx'],
  usage: '[-?hvVtTq] [-s signal] [-p prefix]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const { stderr } = process
    const wanted = optionsOf(process.argv.slice(1))
    if (typeof wanted === 'string') {
      await stderr.write(`nginx: ${wanted}\n`)
      return 1
    }
    const { flags } = wanted
    if (flags.has('h') || flags.has('?')) {
      await stderr.write(`${version(process)}${facts.usage}`)
      return 0
    }
    if (flags.has('V') || flags.has('v')) {
      await stderr.write(flags.has('V') ? `${version(process)}${facts.build}` : version(process))
      return 0
    }
    return new Nginx(process, wanted).run()
  },
})

/** What the words ask for; why not otherwise. */
function optionsOf(words: readonly string[]): Wanted | string {
  const wanted: Wanted = { flags: new Set(), config: CONFIG }
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (!word.startsWith('-')) return `invalid option: "${word}"`
    for (let i = 1; i < word.length; i++) {
      const letter = word[i] as string
      if ('?hvVtTq'.includes(letter)) {
        wanted.flags.add(letter)
        continue
      }
      if (!'specg'.includes(letter)) return `invalid option: "${letter}"`
      const value = word.slice(i + 1) || words[++at]
      if (value === undefined)
        return `option "-${letter}" requires ${{ s: 'parameter', p: 'directory name', c: 'file name', e: 'file name', g: 'parameter' }[letter]}`
      if (letter === 's') {
        if (!SIGNALS.includes(value)) return `invalid option: "-s ${value}"`
        wanted.signal = value
      }
      if (letter === 'c') wanted.config = value.startsWith('/') ? value : `/etc/nginx/${value}`
      break
    }
  }
  return wanted
}

class Nginx {
  readonly #process: Process
  readonly #wanted: Wanted

  constructor(process: Process, wanted: Wanted) {
    this.#process = process
    this.#wanted = wanted
  }

  async run(): Promise<number> {
    const { stderr, stdout, uid, world } = this.#process
    const { flags, config, signal } = this.#wanted
    const tests = flags.has('t') || flags.has('T')
    const loaded = new NginxConfig(this.#process.files, (path) => !world.isRewritten(path))
    const verdict = async (good: boolean): Promise<number> => {
      if (tests && !(good && flags.has('q')))
        await stderr.write(`nginx: configuration file ${config} test ${good ? 'is successful' : 'failed'}\n`)
      return good ? 0 : 1
    }
    if (uid !== 0)
      await stderr.write('nginx: [alert] could not open error log file: open() "/var/log/nginx/error.log" failed (13: Permission denied)\n')
    try {
      loaded.load(config)
      if (uid !== 0 && loaded.user !== undefined)
        await this.#log(
          'warn',
          `the "user" directive makes sense only if the master process runs with super-user privileges, ignored${loaded.user}`,
        )
      for (const conflict of loaded.conflicts()) await this.#log('warn', `conflicting server name ${conflict}, ignored`)
      if (tests && !flags.has('q')) await stderr.write(`nginx: the configuration file ${config} syntax is ok\n`)
      loaded.finish()
      if (uid !== 0) throw new NginxFault(`open() "${PID_FILE}" failed (13: Permission denied)`)
    } catch (error) {
      if (!(error instanceof NginxFault)) throw error
      await this.#log('emerg', error.message)
      return verdict(false)
    }
    if (signal !== undefined) return this.#send(signal)
    if (!tests) return this.#start(loaded)
    await verdict(true)
    if (flags.has('T')) for (const { path, text } of loaded.read) await stdout.write(`# configuration file ${path}:\n${text}\n`)
    return 0
  }

  async #log(level: string, text: string): Promise<void> {
    const { pid, world, stderr } = this.#process
    const time = strftime('%Y/%m/%d %H:%M:%S', localTime(world.now(), zoneOf(this.#process)))
    await stderr.write(`${time} [${level}] ${pid}#${pid}: ${text}\n`)
  }

  async #send(signal: string): Promise<number> {
    const services = Services.of(this.#process.world)
    const unit = services.unit('nginx')
    await this.#log('notice', 'signal process started')
    if (unit?.state !== 'active') {
      await this.#log('error', `open() "${PID_FILE}" failed (2: No such file or directory)`)
      return 1
    }
    if (signal === 'stop' || signal === 'quit') services.stop(unit)
    return 0
  }

  async #start(config: NginxConfig): Promise<number> {
    const services = Services.of(this.#process.world)
    const unit = services.unit('nginx')
    if (!unit) return 0
    if (unit.state !== 'active') {
      services.start(unit)
      return 0
    }
    const listens = [...new Set(config.servers.flatMap((server) => server.listens))].slice(0, 50)
    for (let attempt = 0; attempt < BIND_TRIES; attempt++) {
      for (const listen of listens)
        await this.#process.stderr.write(`nginx: [emerg] bind() to ${listen} failed (98: Address already in use)\n`)
      await this.#process.sleep(BIND_PAUSE)
    }
    await this.#process.stderr.write('nginx: [emerg] still could not bind()\n')
    return 1
  }
}

/** `nginx/1.22.1`; Ubuntu says whose it is. */
function version({ world }: Process): string {
  const { os, web } = world.persona
  const installed = installedVersion(world, 'nginx') ?? installedVersion(world, 'nginx-core') ?? web?.version ?? '1.22.1'
  return `nginx version: nginx/${installed.replace(/-.*/, '')}${os.family === 'ubuntu' ? ' (Ubuntu)' : ''}\n`
}
