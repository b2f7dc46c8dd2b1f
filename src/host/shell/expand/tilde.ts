import { HostError } from '../../contract.ts'
import { readText } from '../../files/view.ts'
import type { Shell } from '../shell.ts'

/** What `~`, `~user`, `~+` and `~-` stand for. An unknown user stays as it was written. */
export function tilde(shell: Shell, user: string): string {
  if (user === '') return shell.parameters.get('HOME') ?? homeOf(shell, shell.process.user) ?? '~'
  if (user === '+') return shell.process.cwd
  if (user === '-') return shell.parameters.get('OLDPWD') ?? '~-'
  return homeOf(shell, user) ?? `~${user}`
}

function homeOf(shell: Shell, user: string): string | undefined {
  try {
    const line = readText(shell.process.world.files, '/etc/passwd')
      .split('\n')
      .find((l) => l.startsWith(`${user}:`))
    return line?.split(':')[5]
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}
