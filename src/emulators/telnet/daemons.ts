import type { Persona } from '../../config/persona.ts'
import { type Item, Option } from './codec.ts'
import { answerInetutils, negotiateInetutils } from './inetutils.ts'
import type { TelnetStream } from './stream.ts'

/** A telnetd with the login program behind it, as far as they show on the wire. */
export interface Daemon {
  /** Puts NUL behind a CR that ends no line. */
  nulAfterCr: boolean
  /** What is settled before login starts; false when the client left meanwhile. */
  negotiate(stream: TelnetStream): Promise<boolean>
  /** What is answered to what a client says of options later. */
  answer(item: Exclude<Item, { kind: 'data' }>): Item[]
  /** Whether login gets the variables that the client sends. */
  takesEnvironment: boolean
  /** TERM of a client that names none. */
  terminalType: string
  /** What is shown before the first prompt. */
  greeting(persona: Persona, terminal: string): string
  refusal: string
  /** Whether an empty name is asked for again; otherwise its password is asked, in vain. */
  asksAgain: boolean
  attempts: number
  /** Said after the last attempt. */
  parting: string
  timedOut: string
}

/** Seconds that both login programs wait for a user (LOGIN_TIMEOUT, busybox/loginutils/login.c TIMEOUT). */
export const LOGIN_TIMEOUT_S = 60

/** BusyBox 1.35: telnetd.c sends four requests and waits for nobody; login.c gives three tries. */
const busybox: Daemon = {
  nulAfterCr: false,
  async negotiate(stream) {
    await stream.send(
      { kind: 'option', verb: 'DO', option: Option.ECHO },
      { kind: 'option', verb: 'DO', option: Option.NAWS },
      { kind: 'option', verb: 'WILL', option: Option.ECHO },
      { kind: 'option', verb: 'WILL', option: Option.SGA },
    )
    return true
  },
  greeting: ({ banners }) => `\r\n${banners.telnet?.replaceAll('\n', '\r\n') ?? ''}`,
  answer: () => [],
  takesEnvironment: false,
  terminalType: 'linux',
  refusal: 'Login incorrect\r\n',
  asksAgain: true,
  attempts: 3,
  parting: '',
  timedOut: `\r\nLogin timed out after ${LOGIN_TIMEOUT_S} seconds\r\n`,
}

/** inetutils-telnetd 2.4 and login of shadow, compared with Debian 12. */
const inetutils: Daemon = {
  nulAfterCr: true,
  negotiate: negotiateInetutils,
  greeting: ({ banners, hostname, os }, terminal) =>
    `\r\n${banners.telnet?.replaceAll('\n', '\r\n') ?? `Linux ${os.kernel.release} (${hostname}) (${terminal})\r\n\r\n`}`,
  answer: answerInetutils,
  takesEnvironment: true,
  terminalType: 'network',
  refusal: '\r\nLogin incorrect\r\n',
  asksAgain: false,
  attempts: 5,
  parting: 'Maximum number of tries exceeded (5)\r\n',
  timedOut: `\r\nLogin timed out after ${LOGIN_TIMEOUT_S} seconds.\r\n`,
}

/** The telnetd of a persona: BusyBox has one for small systems, Debian and its kin have that of GNU inetutils. */
export function daemonOf({ os }: Persona): Daemon {
  return os.family === 'debian' || os.family === 'ubuntu' ? inetutils : busybox
}
