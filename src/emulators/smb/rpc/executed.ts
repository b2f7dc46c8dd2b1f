import { evidence } from '../../../events/bytes.ts'
import { recordIndicators } from '../../../sensor/indicators.ts'
import type { Visit } from '../../../sensor/visit.ts'
import type { SmbEvents } from '../events.ts'
import type { SmbContext } from '../options.ts'
import { SmbStatus } from '../status.ts'
import { DiskStore } from '../store/memory-store.ts'
import { sharePath } from '../store/store.ts'
import type { ServiceAction } from './svcctl.ts'

const LONGEST_COMMAND = 8192

/**
 * What a service of an attacker would have done. Nothing runs: the command is kept, and where its output was to go to a file
 * of this machine, as with smbexec, there is what a prompt of Windows says to the commonest first commands.
 */
export class ShellService {
  readonly #visit: Visit<SmbEvents>
  readonly #context: SmbContext

  constructor(visit: Visit<SmbEvents>, context: SmbContext) {
    this.#visit = visit
    this.#context = context
  }

  /** Writes it down. True when the program answers as a service does: a file that is there; a command line never does. */
  act({ action, service }: ServiceAction): boolean {
    const { name, displayName, command } = service
    const tags = action === 'create' ? ['attack:T1543.003'] : action === 'start' ? ['attack:T1569.002'] : []
    this.#visit.record(
      'smb.service',
      { action, name: evidence(name), displayName: evidence(displayName), command: evidence(command.slice(0, LONGEST_COMMAND)) },
      tags,
    )
    if (action !== 'start') return false
    const line = command.slice(0, LONGEST_COMMAND)
    const redirected = redirectionOf(line)
    this.#visit.record('turn', {
      kind: 'smb.service',
      input: evidence(redirected?.command ?? line),
      output: evidence(redirected ? this.#prompt(redirected.command) : ''),
      source: 'static',
      durationMs: 0,
    })
    recordIndicators(this.#visit, line, 'smb.service')
    if (redirected) this.#leave(redirected)
    return !/%comspec%|\bcmd(\.exe)?\b|powershell/i.test(line)
  }

  #leave({ path, command }: { path: string; command: string }): void {
    const disk = this.#context.room.disks.get(this.#visit.source.ip)
    if (!disk) return
    try {
      new DiskStore(disk, '').write(sharePath(path), Buffer.from(this.#prompt(command), 'latin1'))
    } catch (error) {
      if (!(error instanceof SmbStatus)) throw error
    }
  }

  #prompt(command: string): string {
    const { name } = this.#context.room.machine
    const first = command.trim()
    const word = /^[^\s"]{0,64}/.exec(first)?.[0] ?? ''
    switch (first.toLowerCase()) {
      case 'cd':
        return 'C:\\Windows\\system32\r\n'
      case 'whoami':
        return 'nt authority\\system\r\n'
      case 'hostname':
        return `${name}\r\n`
      case 'ver':
        return '\r\nMicrosoft Windows [Version 6.1.7601]\r\n'
      default:
        return word === '' || /^(cd|echo|set|rem|del|copy|move|start|md|rd)$/i.test(word)
          ? ''
          : `'${word}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`
    }
  }
}

/** `… echo COMMAND ^> \\127.0.0.1\C$\__output 2^>^&1 > …bat & …`, the line of smbexec. */
function redirectionOf(line: string): { command: string; path: string } | undefined {
  const from = line.indexOf('echo ')
  const arrow = line.indexOf('^>', from)
  if (from < 0 || arrow < 0) return undefined
  const target = /^\^>\s{0,4}\\\\[^\\\s]{1,64}\\C\$\\([^\s\\/:*?"<>|]{1,64})/i.exec(line.slice(arrow, arrow + 200))?.[1]
  return target === undefined ? undefined : { command: line.slice(from + 5, arrow).trim(), path: target }
}
