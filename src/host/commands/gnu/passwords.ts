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

/** Asks for a password without echo; undefined at the end of input. */
export async function askPassword(process: Process, prompt: string): Promise<string | undefined> {
  await process.stderr.write(prompt)
  process.terminal?.setMode('no-echo')
  try {
    const line = await process.stdin.line()
    return line?.replace(/\r?\n$/, '')
  } finally {
    process.terminal?.setMode('cooked')
    if (process.stdin.isTerminal) await process.stderr.write('\n')
  }
}
