import { createHash, randomInt } from 'node:crypto'
import type { Persona } from '../config/persona.ts'
import type { Recorder } from '../events/recorder.ts'
import type { StateStore } from '../store/contract.ts'
import type { Host } from './contract.ts'

const SCOPE = 'login'

/** What the policy `random` remembers of a source. */
interface Guesser {
  /** How many different pairs it takes. */
  needed: number
  /** Hashes of the pairs tried so far, `needed` at most. */
  tried: string[]
  /** Hash of the pair that got in; from then on it is the source's one way in. */
  granted?: string
}

export interface LoginQuestion {
  persona: Persona
  host: Host
  state: StateStore
  /** Address of the attacker; what one address has been granted holds for it over every protocol. */
  source: string
  /** Listening on loopback only: whoever comes is the operator. */
  loopback: boolean
}

/** Whether a user and password get in: by the accounts as they are now, and by the persona's login policy. */
export function admits(question: LoginQuestion, user: string, password: string): boolean {
  const { persona, host, loopback } = question
  if (password === '' || user === '' || persona.login.deny.includes(user)) return false
  if (loopback || host.checkPassword(user, password)) return true
  if (persona.login.accept.some((pair) => pair.user === user && pair.password === password)) return true
  switch (persona.login.policy) {
    case 'any':
      return true
    case 'random':
      return guesses(question, user, password)
    case 'list':
      return false
  }
}

function guesses({ persona, state, source }: LoginQuestion, user: string, password: string): boolean {
  const key = `${persona.name} ${source}`
  const kept = state.get(SCOPE, key)
  const { min, max } = persona.login.tries
  const guesser: Guesser = kept
    ? (JSON.parse(kept.toString('utf8')) as Guesser)
    : { needed: randomInt(min, Math.max(min, max) + 1), tried: [] }
  const pair = createHash('sha256').update(`${user}\0${password}`).digest('base64url').slice(0, 22)
  if (guesser.granted) return guesser.granted === pair
  // Trying the same pair again is no guess: a bot that repeats itself would learn that wrong passwords become right.
  if (guesser.tried.includes(pair)) return false
  guesser.tried.push(pair)
  if (guesser.tried.length >= guesser.needed) guesser.granted = pair
  state.set(SCOPE, key, JSON.stringify(guesser))
  return guesser.granted !== undefined
}

const PORTABLE_NAME = /^[a-z_][a-z0-9_-]{0,31}$/

/**
 * The account that a user who was let in works as. One that the host does not have is made there, as if it had always been
 * used for this: it then stands in /etc/passwd and has a home. A name that no account can have becomes root.
 */
export async function accountFor(host: Host, user: string, request: Omit<Parameters<Host['run']>[0], 'user' | 'command'>): Promise<string> {
  if (host.userExists(user)) return user
  if (PORTABLE_NAME.test(user)) {
    await host.run({ ...request, recorder: silent(request.recorder), user: 'root', command: `useradd -m -s /bin/bash ${user}` })
    if (host.userExists(user)) return user
  }
  return 'root'
}

/** Takes what the daemon itself does on the host, which is no deed of the attacker's. */
export function silent(recorder: Recorder): Recorder {
  return { session: recorder.session, record: () => undefined, capture: (bytes, detail) => recorder.capture(bytes, detail) }
}
