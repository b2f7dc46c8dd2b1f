import { evidence } from '../../../events/bytes.ts'
import type { Process } from '../../command.ts'
import { checkHash, hashPassword } from '../../crypt.ts'
import { accountsOf } from './accounts.ts'

/** Whether this is the user's password now, by /etc/shadow. */
export function isPassword(process: Process, user: string, password: string): boolean {
  const entry = accountsOf(process).shadow(user)
  return entry !== undefined && checkHash(process.world.identity, password, entry.password)
}

/** Sets a password, or writes a ready-made hash (`locked` keeps it unusable). */
export function setPassword(process: Process, user: string, password: { plain: string } | { field: string }): void {
  const accounts = accountsOf(process)
  const scheme = process.world.persona.os.family === 'openwrt' ? 'md5' : 'yescrypt'
  const field = 'field' in password ? password.field : hashPassword(process.world.identity, password.plain, scheme)
  const days = Math.floor(process.world.now() / 86_400_000)
  const old = accounts.shadow(user)
  const rest = old?.rest.length ? old.rest.join(':') : '0:99999:7:::'
  accounts.edit('/etc/shadow', user, `${user}:${field}:${days}:${rest}`)
}

export type Asked = { kind: 'word'; text: string } | { kind: 'end' } | { kind: 'interrupt' }

/** Asks for a password without echo; undefined at the end of input. */
export async function askPassword(process: Process, prompt: string): Promise<string | undefined> {
  // The echo goes first: what comes at once behind the prompt must not show.
  process.terminal?.setMode('no-echo')
  try {
    await process.stderr.write(prompt)
    const line = await process.stdin.line()
    return line?.replace(/\r?\n$/, '')
  } finally {
    process.terminal?.setMode('cooked')
    if (process.stdin.isTerminal) await process.stderr.write('\n')
  }
}

/** The same for a program that goes on after Ctrl-C. */
export async function askPasswordOrInterrupt(process: Process, prompt: string): Promise<Asked> {
  const interrupted = new Promise<Asked>((resolve) => process.onSignal('INT', () => resolve({ kind: 'interrupt' })))
  const asked = askPassword(process, prompt).then((text): Asked => (text === undefined ? { kind: 'end' } : { kind: 'word', text }))
  const outcome = await Promise.race([asked, interrupted])
  if (outcome.kind !== 'interrupt') return outcome
  process.terminal?.setMode('cooked')
  await process.stderr.write('\n')
  return outcome
}

const TRIES = 3
/** pam_unix takes no shorter one from anybody but root (`obscure`). */
const SHORTEST = 6

/** Asks for a new password as pam_unix does, and gives what PAM says at the end; undefined when a password was set. */
export async function choosePassword(process: Process, name: string, current?: string): Promise<string | undefined> {
  // passwd is not to be interrupted.
  process.onSignal('INT', () => undefined)
  for (let tries = 0; tries < TRIES; tries++) {
    const first = await askPassword(process, 'New password: ')
    const second = first === undefined ? undefined : await askPassword(process, 'Retype new password: ')
    if (first === undefined || second === undefined) {
      await process.stderr.write('Password change has been aborted.\n')
      return 'Authentication token manipulation error'
    }
    process.recorder.record('login', { method: 'passwd', username: evidence(name), password: evidence(first), accepted: first === second })
    if (first !== second) {
      await process.stderr.write('Sorry, passwords do not match.\n')
      return 'Authentication token manipulation error'
    }
    const wrong = weakness(process, first, current)
    if (wrong === undefined) {
      setPassword(process, name, { plain: first })
      return undefined
    }
    await process.stderr.write(`${wrong}\n`)
  }
  return 'Authentication token manipulation error'
}

function weakness(process: Process, password: string, current: string | undefined): string | undefined {
  if (password === '') return 'No password has been supplied.'
  if (process.uid === 0) return undefined
  if (password === current) return 'The password has not been changed.'
  return password.length < SHORTEST ? 'You must choose a longer password.' : undefined
}
