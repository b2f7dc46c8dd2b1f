import type { Process } from '../command.ts'
import { Services } from '../world/services.ts'
import { type Jail, jailsOf } from './fail2ban/jails.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

const SOCKET = '/var/run/fail2ban/fail2ban.sock'
const FAILED = 255
const USAGE =
  'Usage: fail2ban-client [OPTIONS] <COMMAND>\n\nFail2Ban v1.0.2 reads log file that contains password failure report\nand bans the corresponding IP addresses using firewall rules.\n'
/** What a jail says of one setting; seconds or a number. */
const NUMBERS = ['bantime', 'findtime', 'maxretry'] as const

export default gnuCommand({
  name: 'fail2ban-client',
  package: 'fail2ban',
  usage: '[OPTIONS] <COMMAND>',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words.some((word) => word === '--version')) return say(process, 'Fail2Ban v1.0.2')
    if (words.includes('-V')) return say(process, '1.0.2')
    const command = words.filter((word) => !/^-[vqxbf]+$/.test(word))
    if (command.length === 0 || command[0] === '-h' || command[0] === '--help') {
      await process.stdout.write(USAGE)
      return command.length === 0 ? FAILED : 0
    }
    if (process.uid !== 0) return fail(process, `Permission denied to socket: ${SOCKET}, (you must be root)`)
    if (command[0] === '-t' || command[0] === '--test') return say(process, 'OK: configuration test is successful')
    const service = Services.of(process.world).unit('fail2ban')
    if (command[0] === 'start') {
      if (service?.state === 'active') return fail(process, 'Server already running')
      if (service) Services.of(process.world).start(service)
      return say(process, 'Server ready')
    }
    if (service?.state !== 'active')
      return fail(
        process,
        /^(reload|restart)$/.test(command[0] as string)
          ? 'Could not find server'
          : `Failed to access socket path: ${SOCKET}. Is fail2ban running?`,
      )
    return new Client(process).run(command)
  },
})

async function say(process: Process, text: string): Promise<number> {
  await process.stdout.write(`${text}\n`)
  return 0
}

async function fail(process: Process, text: string): Promise<number> {
  const { world, pid, stderr } = process
  const now = world.now()
  const clock = `${strftime('%Y-%m-%d %H:%M:%S', localTime(now, zoneOf(process)))},${String(now % 1000).padStart(3, '0')}`
  await stderr.write(`${clock} fail2ban                [${pid}]: ERROR   ${text}\n`)
  return FAILED
}

class Client {
  readonly #process: Process
  readonly #jails: Map<string, Jail>

  constructor(process: Process) {
    this.#process = process
    this.#jails = jailsOf(process.world)
  }

  async run([verb, ...rest]: readonly string[]): Promise<number> {
    switch (verb) {
      case 'ping':
        return this.#say('Server replied: pong')
      case 'version':
        return this.#say('1.0.2')
      case 'echo':
        return this.#say(rest.join(' '))
      case 'status':
        return rest[0] === undefined ? this.#overview() : this.#withJail(rest[0], (jail) => this.#say(statusOf(jail)))
      case 'banned':
        return this.#say(`[${[...this.#jails.values()].map((jail) => `{'${jail.name}': ${pythonList(jail.banned())}}`).join(', ')}]`)
      case 'unban':
        return this.#unban(rest)
      case 'get':
        return this.#get(rest)
      case 'set':
        return this.#set(rest)
      case 'reload':
      case 'restart':
        return rest[0] === undefined || rest[0].startsWith('-') ? this.#say('OK') : this.#withJail(rest[0], () => this.#say('OK'))
      case 'stop': {
        const [name] = rest
        if (name !== undefined)
          return this.#withJail(name, (jail) => {
            this.#jails.delete(jail.name)
            return this.#say('Jail stopped')
          })
        const services = Services.of(this.#process.world)
        const unit = services.unit('fail2ban')
        if (unit) services.stop(unit)
        return this.#say('Shutdown successful')
      }
      default:
        return this.#refuse("'Invalid command'", 'Invalid command')
    }
  }

  #say(text: string): Promise<number> {
    return say(this.#process, text)
  }

  async #refuse(reason: string, text: string): Promise<number> {
    await fail(this.#process, `NOK: (${reason},)`)
    await this.#say(text)
    return FAILED
  }

  async #withJail(name: string, use: (jail: Jail) => Promise<number>): Promise<number> {
    const jail = this.#jails.get(name)
    return jail ? use(jail) : this.#refuse(`'${name}'`, `Sorry but the jail '${name}' does not exist`)
  }

  #overview(): Promise<number> {
    return this.#say(`Status\n|- Number of jail:\t${this.#jails.size}\n\`- Jail list:\t${[...this.#jails.keys()].join(', ')}`)
  }

  #unban(addresses: readonly string[]): Promise<number> {
    const all = addresses[0] === '--all'
    let count = 0
    for (const jail of this.#jails.values()) for (const address of all ? jail.banned() : addresses) count += Number(jail.unban(address))
    return this.#say(String(count))
  }

  #get([subject, what]: readonly string[]): Promise<number> {
    switch (subject) {
      case 'loglevel':
        return this.#say("Current logging level is 'INFO'")
      case 'logtarget':
        return this.#say('Current logging target is:\n`- /var/log/fail2ban.log')
      case 'dbfile':
        return this.#say('Current database file is:\n`- /var/lib/fail2ban/fail2ban.sqlite3')
    }
    if (subject === undefined || what === undefined) return this.#refuse("'list index out of range'", 'Sorry but the command is invalid')
    return this.#withJail(subject, (jail) => this.#getOf(jail, what))
  }

  #getOf(jail: Jail, what: string): Promise<number> {
    const number = NUMBERS.find((name) => name === what)
    if (number !== undefined) return this.#say(String(jail[number]))
    switch (what) {
      case 'banip':
        return this.#say(jail.banned().join(' '))
      case 'ignoreip':
        return this.#ignored(jail)
      case 'logpath':
        return this.#say(
          jail.logPath === undefined ? 'No file is currently monitored' : `Current monitored log file(s):\n\`- ${jail.logPath}`,
        )
      case 'journalmatch':
        return this.#say(jail.logPath === undefined ? `Current match filter:\n${jail.source}` : 'No journal match filter set')
      case 'actions':
        return this.#say(`The jail ${jail.name} has the following actions:\niptables-multiport`)
      default:
        return this.#refuse(
          `'Invalid command (no get action or not yet implemented)'`,
          'Invalid command (no get action or not yet implemented)',
        )
    }
  }

  #ignored(jail: Jail): Promise<number> {
    const marks = jail.ignored.map((entry, i) => `${i === jail.ignored.length - 1 ? '`-' : '|-'} ${entry}`)
    return this.#say(marks.length ? `These IP addresses/networks are ignored:\n${marks.join('\n')}` : 'No IP address/network is ignored')
  }

  #set([subject, what, ...values]: readonly string[]): Promise<number> {
    if (subject === undefined || what === undefined) return this.#refuse("'list index out of range'", 'Sorry but the command is invalid')
    return this.#withJail(subject, (jail) => {
      const number = NUMBERS.find((name) => name === what)
      if (number !== undefined) return this.#say(String(jail.set(number, values[0] ?? '')))
      switch (what) {
        case 'banip':
          return this.#say(String(values.slice(0, 100).filter((address) => jail.ban(address)).length))
        case 'unbanip':
          return this.#say(String(values.slice(0, 100).filter((address) => jail.unban(address)).length))
        case 'addignoreip':
          jail.ignored.push(...values.slice(0, 20))
          return this.#ignored(jail)
        case 'delignoreip':
          jail.ignored = jail.ignored.filter((entry) => !values.includes(entry))
          return this.#ignored(jail)
        default:
          return this.#refuse(
            "'Invalid command (no set action or not yet implemented)'",
            'Invalid command (no set action or not yet implemented)',
          )
      }
    })
  }
}

function statusOf(jail: Jail): string {
  const { failing, failures, bans } = jail.counts()
  const banned = jail.banned()
  return `Status for the jail: ${jail.name}
|- Filter
|  |- Currently failed:\t${failing}
|  |- Total failed:\t${failures}
|  \`- ${jail.logPath === undefined ? 'Journal matches' : 'File list'}:\t${jail.logPath ?? jail.source}
\`- Actions
   |- Currently banned:\t${banned.length}
   |- Total banned:\t${bans}
   \`- Banned IP list:\t${banned.join(' ')}`
}

function pythonList(entries: readonly string[]): string {
  return `[${entries.map((entry) => `'${entry}'`).join(', ')}]`
}
