import { evidence } from '../../../events/bytes.ts'
import type { Process, ProcessOutput } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { cliInfo, iniFiles } from '../../php/cli-info.ts'
import texts from '../../php/cli-texts.json' with { type: 'json' }
import { foreignFunctions } from '../../php/foreign-functions.ts'
import { PhpSyntaxError } from '../../php/lexer.ts'
import type { PhpMachine, Sink } from '../../php/machine.ts'
import { modulesOf } from '../../php/modules.ts'
import { parseCode, parsePhp } from '../../php/parser.ts'
import { runScript } from '../../php/script.ts'
import type { Statement } from '../../php/syntax.ts'
import { PhpArray, type Value } from '../../php/value.ts'
import { toBytes, toText } from '../../text.ts'
import { askEngine } from '../gnu/help.ts'
import { connect, noteIndicator, REACH_TEXT, resolve } from '../net/target.ts'

const LONGEST_PROGRAM = 1024 * 1024
/** Options that take the next word, or what follows them in theirs. */
const VALUED = 'dcfrzBRFEStg'

interface Order {
  /** What is run: code of `-r`, a file, or standard input. */
  code: { kind: 'line' | 'file' | 'stdin'; text: string } | undefined
  shows: 'v' | 'm' | 'i' | 'h' | 'ini' | undefined
  lint: boolean
  settings: Map<string, string>
  args: string[]
}

/** PHP's command line, on the machine of one process. */
export class PhpCommand {
  readonly #process: Process
  readonly #version: string
  readonly #modules: readonly string[]

  constructor(process: Process) {
    const { packages } = process.world.persona
    const [, version = '8.2.29'] = /^php8\.\d-cli ([\d.]+)/.exec(packages.find((name) => /^php8\.\d-cli /.test(name)) ?? '') ?? []
    this.#process = process
    this.#version = version
    this.#modules = modulesOf(packages)
  }

  async run(): Promise<number> {
    const order = readOrder(this.#process.argv.slice(1))
    if (typeof order === 'string') {
      await this.#process.stderr.write(order)
      await this.#process.stdout.write(texts.usage)
      return 1
    }
    if (order.shows) return this.#show(order)
    const { kind, text } = order.code ?? { kind: 'stdin', text: '' }
    if (kind === 'line')
      return this.#script(order, () => parseCode(latin1(text)), toBytes(text), 'Command line code', 'Standard input code')
    if (kind === 'stdin') {
      const bytes = Buffer.from(await this.#process.stdin.all(LONGEST_PROGRAM))
      return this.#script(order, () => parsePhp(bytes.toString('latin1')), bytes, 'Standard input code', '-')
    }
    try {
      const bytes = this.#process.files.read(text)
      return await this.#script(order, () => parsePhp(bytes.toString('latin1')), bytes, this.#process.files.realpath(text), text)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await this.#process.stdout.write(`Could not open input file: ${text}\n`)
      return 1
    }
  }

  async #show({ shows, args }: Order): Promise<number> {
    const { stdout } = this.#process
    const minor = this.#version.split('.').slice(0, 2).join('.')
    if (shows === 'h') await stdout.write(texts.usage)
    else if (shows === 'v') {
      const engine = `Zend Engine v${this.#version.replace(/^8/, '4')}, Copyright (c) Zend Technologies`
      await stdout.write(
        `PHP ${this.#version} (cli) (built: ${this.#built}) (NTS)\nCopyright (c) The PHP Group\n${engine}\n    with Zend OPcache v${this.#version}, Copyright (c), by Zend Technologies\n`,
      )
    } else if (shows === 'm') await stdout.write(`[PHP Modules]\n${this.#modules.join('\n')}\n\n[Zend Modules]\nZend OPcache\n\n`)
    else if (shows === 'ini') {
      const folder = `/etc/php/${minor}/cli`
      await stdout.write(
        `Configuration File (php.ini) Path: ${folder}\nLoaded Configuration File:         ${folder}/php.ini\nScan for additional .ini files in: ${folder}/conf.d\nAdditional .ini files parsed:      ${iniFiles(folder, this.#modules).join(',\n')}\n\n`,
      )
    } else await stdout.write(cliInfo(this.#machine('', new Map(), args), this.#built))
    return 0
  }

  /** A month or so after a release Debian has built it. */
  get #built(): string {
    return this.#version === '8.2.36' ? 'Nov 18 2026 20:02:04' : 'Jul  3 2025 16:16:05'
  }

  async #script(order: Order, parse: () => Statement[], bytes: Uint8Array, file: string, name: string): Promise<number> {
    const process = this.#process
    note(process, bytes)
    if (order.lint) return this.#lint(parse, file, name)
    const asked = this.#engineFor(parse)
    if (asked) return asked
    const { status } = await runScript(parse, this.#machine(latin1(file), order.settings, [name, ...order.args]))
    if (status === 139) await process.stderr.write('Segmentation fault\n')
    return status
  }

  /** Functions of extensions that the machine has and this PHP has not are the model's, if there is one. */
  #engineFor(parse: () => Statement[]): Promise<number> | undefined {
    try {
      return foreignFunctions(parse(), this.#modules).length > 0 ? askEngine(this.#process) : undefined
    } catch (error) {
      if (!(error instanceof PhpSyntaxError)) throw error
      return undefined
    }
  }

  async #lint(parse: () => Statement[], file: string, name: string): Promise<number> {
    try {
      parse()
    } catch (error) {
      if (!(error instanceof PhpSyntaxError)) throw error
      await this.#process.stderr.write(`PHP Parse error:  ${error.message} in ${file} on line ${error.line}\n`)
      await this.#process.stdout.write(`Errors parsing ${name}\n`)
      return 255
    }
    await this.#process.stdout.write(`No syntax errors detected in ${name}\n`)
    return 0
  }

  #machine(file: string, settings: ReadonlyMap<string, string>, args: readonly string[]): PhpMachine {
    const process = this.#process
    const { persona, hostname } = process.world
    const { kernel } = persona.os
    const argv = PhpArray.of(args.map((arg): Value => latin1(arg)))
    const environment = [...process.env].map(([name, value]): [string, string] => [latin1(name), latin1(value)])
    const server = new PhpArray([
      ...environment,
      ['argv', argv.copy()],
      ['argc', BigInt(args.length)],
      ['SCRIPT_NAME', latin1(args[0] ?? '')],
      ['REQUEST_TIME', BigInt(Math.floor(process.world.now() / 1000))],
    ])
    return {
      version: this.#version,
      uname: `Linux ${hostname} ${kernel.release} ${kernel.version} ${kernel.machine}`,
      sapi: 'cli',
      modules: this.#modules,
      file,
      cwd: process.cwd,
      user: process.user,
      uid: process.uid,
      gid: process.gid,
      pid: process.pid,
      environment,
      settings,
      variables: new Map<string, Value>([
        ['argv', argv],
        ['argc', BigInt(args.length)],
        ['_SERVER', server],
        ['_GET', new PhpArray()],
        ['_POST', new PhpArray()],
        ['_COOKIE', new PhpArray()],
        ['_REQUEST', new PhpArray()],
        ['_FILES', new PhpArray()],
        ['_ENV', new PhpArray()],
      ]),
      print: (text) => process.stdout.write(Buffer.from(text, 'latin1')),
      complain: (text) => process.stderr.write(Buffer.from(text, 'latin1')),
      input: async () => Buffer.from(await process.stdin.all(LONGEST_PROGRAM)).toString('latin1'),
      files: process.files,
      run: (command, sink, cwd) => this.#run(command, sink, cwd),
      connect: (host, port) => reach(process, host, port),
      sleep: (ms) => process.sleep(ms),
      now: () => process.world.now(),
      spend: (steps) => process.spend(steps),
    }
  }

  async #run(command: string, sink: Sink | undefined, cwd: string | undefined): Promise<{ output: string; status: number }> {
    let output = ''
    const stdout: ProcessOutput = {
      isTerminal: false,
      write: async (data) => {
        const text = Buffer.from(typeof data === 'string' ? toBytes(data) : data).toString('latin1')
        if (sink) await sink(text)
        else if (output.length < LONGEST_PROGRAM * 4) output += text
      },
    }
    const shell = toText(Buffer.from(command, 'latin1'))
    const status = await this.#process.run(['sh', '-c', shell], { stdin: 'inherit', stdout, ...(cwd === undefined ? {} : { cwd }) })
    return { output, status }
  }
}

/** What the command line asks for, or what PHP says of it. */
function readOrder(words: readonly string[]): Order | string {
  const order: Order = { code: undefined, shows: undefined, lint: false, settings: new Map(), args: [] }
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '--') return { ...order, args: words.slice(i + 1) }
    if (!word.startsWith('-') || word === '-') {
      if (!order.code) return { ...order, code: { kind: word === '-' ? 'stdin' : 'file', text: word }, args: words.slice(i + 1) }
      return { ...order, args: words.slice(i) }
    }
    const long = { '--version': 'v', '--info': 'i', '--help': 'h', '--modules': 'm', '--ini': 'ini' }[word] as Order['shows']
    if (long) order.shows ??= long
    else if (word === '--run' || word === '--file') order.code = { kind: word === '--run' ? 'line' : 'file', text: words[++i] ?? '' }
    else if (word.startsWith('--')) return `Error in argument ${i + 1}, char ${word.length + 1}: option not found ${word.slice(2)}\n`
    else {
      const letter = word[1] as string
      if (VALUED.includes(letter)) {
        const value = word.length > 2 ? word.slice(word[2] === '=' ? 3 : 2) : words[++i]
        if (value === undefined) return `Error in argument ${i}, char 2: no argument for option ${letter}\n`
        if (letter === 'd') order.settings.set(...setting(value))
        else if (letter === 'r') order.code = { kind: 'line', text: value }
        else if (letter === 'f') order.code = { kind: 'file', text: value }
      } else if ('vmih?'.includes(letter)) order.shows ??= (letter === '?' ? 'h' : letter) as Order['shows']
      else if (letter === 'l') order.lint = true
      else if (!'anqeHCswD'.includes(letter)) return `Error in argument ${i + 1}, char 2: option not found ${letter}\n`
    }
  }
  return order
}

/** `-d name=value`, `-d name` for on. */
function setting(text: string): [string, string] {
  const equals = text.indexOf('=')
  const value = equals < 0 ? '1' : text.slice(equals + 1).replace(/^"(.*)"$/, '$1')
  return [equals < 0 ? text : text.slice(0, equals), value]
}

/** What an operator wants to know of a program that is run. */
function note(process: Process, bytes: Uint8Array): void {
  process.recorder.capture(Buffer.from(bytes), { how: 'php program', name: evidence('php') })
  for (const [url] of toText(bytes)
    .slice(0, 256 * 1024)
    .matchAll(/\b(?:https?|ftp):\/\/[^\s"'`<>\\)]{1,2000}/g))
    noteIndicator(process, 'url', url, 'php')
}

async function reach(process: Process, host: string, port: number): Promise<string | undefined> {
  noteIndicator(process, 'host', `${host}:${port}`, 'php socket')
  const found = await resolve(process, host)
  if ('failure' in found) {
    return `php_network_getaddresses: getaddrinfo for ${host} failed: ${found.failure === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known'}`
  }
  const { state } = await connect(process, found.address, port)
  // What accepts says nothing before it is gone again.
  return state === 'open' ? 'Connection timed out' : REACH_TEXT[state]
}

function latin1(text: string): string {
  return toBytes(text).toString('latin1')
}
