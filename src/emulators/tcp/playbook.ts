import { type Matcher, RE2JS } from 're2js'
import { TimeSlice } from '../../sensor/time-slice.ts'
import type { Command, Service } from './service.ts'

/** Bytes of a message that patterns see, as many as Beelzebub reads. */
const MATCHED = 4_096

/** What a message is answered with. */
export interface Play {
  /** The command of the service's file; undefined is its fallback. */
  command: Command | undefined
  /** What the groups of the pattern hold, by number and by name. */
  groups: Readonly<Record<string, string>>
}

/** The commands of a service, ready to be tried. */
export class Playbook {
  readonly asksEngine: boolean
  readonly #rules: readonly { command: Command; pattern: RE2JS }[]
  readonly #password: RE2JS | undefined

  constructor({ commands, fallbackCommand, passwordRegex }: Service) {
    this.#rules = commands.map((command) => ({ command, pattern: RE2JS.compile(command.regex) }))
    this.#password = passwordRegex === '' ? undefined : RE2JS.compile(passwordRegex)
    this.asksEngine = [...commands, ...(fallbackCommand ? [fallbackCommand] : [])].some(({ plugin }) => plugin !== '')
  }

  /** The first command whose pattern is found in a message. A byte is the character of its number: `\x82` finds 0x82. */
  async find(message: Buffer, isLoggedIn: boolean): Promise<Play> {
    const text = message.subarray(0, MATCHED).toString('latin1')
    const slice = new TimeSlice()
    for (const { command, pattern } of this.#rules) {
      if (command.loggedIn !== undefined && command.loggedIn !== isLoggedIn) continue
      const matcher = pattern.matcher(text)
      if (matcher.find()) return { command, groups: groupsOf(matcher, pattern) }
      await slice.turn()
    }
    return { command: undefined, groups: { 0: text } }
  }

  /** Whether `passwordRegex` lets a password in; undefined when there is none. */
  admits(password: Buffer): boolean | undefined {
    return this.#password?.matcher(password.toString('latin1')).find()
  }
}

function groupsOf(matcher: Matcher, pattern: RE2JS): Record<string, string> {
  const groups: Record<string, string> = {}
  for (let i = 0; i <= matcher.groupCount(); i++) groups[i] = matcher.group(i) ?? ''
  for (const [name, i] of Object.entries(pattern.namedGroups())) groups[name] = groups[i] ?? ''
  return groups
}
