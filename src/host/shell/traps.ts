import type { Shell } from './shell.ts'

/** Runs the action of a trap; `$?` is kept over it. */
export async function runTrap(shell: Shell, name: string): Promise<void> {
  const action = shell.traps.get(name)
  if (!action || shell.inTrap) return
  const { status } = shell
  shell.inTrap = true
  shell.trapStatus = status
  try {
    await shell.machinery.source(shell, action, 'trap')
    shell.status = status
  } finally {
    shell.inTrap = false
  }
}

/** Traps of signals wait until the command that runs is done. */
export async function runPendingTraps(shell: Shell): Promise<void> {
  while (!shell.inTrap) {
    const name = shell.pendingTraps.shift()
    if (name === undefined) return
    await runTrap(shell, name)
  }
}

/** `trap … EXIT`, once, when the shell ends. */
export async function runExitTrap(shell: Shell): Promise<void> {
  const action = shell.traps.get('EXIT')
  if (!action) return
  shell.traps.delete('EXIT')
  shell.trapStatus = shell.status
  shell.inTrap = true
  await shell.machinery.source(shell, action, 'exit trap')
}
