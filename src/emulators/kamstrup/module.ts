import type { Identity } from '../../config/identity.ts'
import type { StateStore } from '../../store/contract.ts'

const SCOPE = 'kamstrup'
const KEY = 'module.1'
/** OUI of Kamstrup A/S. */
const OUI = '00:13:ea'
const ARGUMENT = 64
const RESTART_MS = 2000

/** Commands, by what is shown of them in the help. */
const HELP: Readonly<Record<string, string>> = {
  AC: 'Access control list.        !AC [no ip]',
  AS: 'Alarm server.               !AS [ip port]',
  GC: 'Get configuration.          !GC',
  GV: 'Get software version.       !GV',
  RC: 'Request connect.            !RC ip port',
  RR: 'Restart the module.         !RR',
  SA: 'KAP server A.               !SA [ip port]',
  SB: 'KAP server B.               !SB [ip port]',
  SD: 'Device name.                !SD name',
  SH: 'KAP server by name.         !SH name',
  SI: 'IP address, 0 is DHCP.      !SI ip',
  SK: 'KAP watchdog and interval.  !SK watchdog missing interval',
  SN: 'Subnet, gateway, DNS.       !SN subnet gateway dns',
  SP: 'Ports.                      !SP kap meter management',
  SS: 'Serial settings.            !SS a|b baud bits parity stop',
  WM: 'Wink module.                !WM',
}

/** The Ethernet module of the meter: its settings, which stay when somebody changes them. */
export class Module {
  readonly mac: string
  /** Milliseconds since 1970 until which the meter's port is closed. */
  restartsUntil = 0
  readonly #store: StateStore
  readonly #settings: Record<string, string>

  constructor(identity: Identity, store: StateStore) {
    this.mac = identity.mac('kamstrup/mac', OUI).toUpperCase()
    this.#store = store
    const kept = store.get(SCOPE, KEY)
    const net = `10.${identity.integer('kamstrup/net', 2, 250)}.${identity.integer('kamstrup/subnet', 0, 250)}`
    this.#settings = kept
      ? (JSON.parse(kept.toString('utf8')) as Record<string, string>)
      : {
          AC: '0.0.0.0',
          AS: '0.0.0.0 4000',
          SA: `${net}.${identity.integer('kamstrup/kap', 3, 30)} 50`,
          SB: '0.0.0.0 50',
          SD: `MTR-${identity.integer('kamstrup/name', 1000, 9999)}`,
          SH: '',
          SI: `${net}.${identity.integer('kamstrup/ip', 40, 250)}`,
          SK: '1 0 60',
          SN: `255.255.255.0 ${net}.1 ${net}.2`,
          SP: '50 1025 50100',
          SS: 'A',
          version: identity.pick('kamstrup/version', ['5.4 (E4)', '5.6 (E6)', '5.7 (E7)', '6.0 (F0)']),
        }
  }

  /** The answer to a line; undefined when the client says good-bye. */
  answer(line: string): string | undefined {
    const [word = '', ...rest] = line.trim().split(' ')
    const name = word.toUpperCase()
    if (name === '') return ''
    if (name === 'Q') return undefined
    if (name === 'H') return this.#help((rest[0] ?? '').toUpperCase().replace('!', ''))
    const command = name.startsWith('!') ? name.slice(1) : ''
    if (!Object.hasOwn(HELP, command)) return "? Command not found.\r\nSend 'H' for help.\r\n"
    return this.#run(command, rest.join(' ').slice(0, ARGUMENT))
  }

  #run(command: string, argument: string): string {
    switch (command) {
      case 'GC':
        return this.#configuration()
      case 'GV':
        return `Software Version: ${this.#settings.version}\r\n`
      case 'RC':
        // Nothing is dialled: the server that was named is told to be there.
        return 'Status: 0100\r\n'
      case 'RR':
        this.restartsUntil = Date.now() + RESTART_MS
        return 'Restarting\r\n'
      case 'WM':
        return 'Winking\r\n'
      default:
        if (argument !== '') {
          this.#settings[command] = argument
          this.#store.set(SCOPE, KEY, JSON.stringify(this.#settings))
        }
        return `${command}: ${this.#settings[command] ?? ''}\r\n`
    }
  }

  #configuration(): string {
    const { SD, SI, SN, SA, SB, SH, SP, SS, AS, AC, SK, version } = this.#settings
    const [subnet, gateway, dns] = (SN ?? '').split(' ')
    const rows = [
      ['Device Name', SD],
      ['MAC', this.mac],
      ['Software', version],
      ['IP', SI],
      ['Subnet Mask', subnet],
      ['Gateway', gateway],
      ['DNS', dns],
      ['KAP Server A', SA],
      ['KAP Server B', SB],
      ['KAP Name', SH],
      ['KAP Timing', SK],
      ['Ports', SP],
      ['Serial', SS],
      ['Alarm Server', AS],
      ['Access List', AC],
    ]
    return `${rows.map(([name = '', value = '']) => `${name.padEnd(16)}: ${value}\r\n`).join('')}`
  }

  #help(command: string): string {
    const lines = Object.hasOwn(HELP, command)
      ? [`!${command}  ${HELP[command]}`]
      : Object.entries(HELP).map(([name, text]) => `!${name}  ${text}`)
    return `${lines.join('\r\n')}\r\n`
  }
}
