import type { ProcessTerminal } from '../command.ts'
import type { TerminalMode } from '../terminal/pty.ts'
import type { OpenFile } from './open-file.ts'

/** The terminal of a session as its processes know it; src/host/terminal/ has the line discipline. */
export interface ControllingTerminal extends ProcessTerminal {
  /** `pts/0` */
  readonly name: string
  /** Process group that reads and gets the keyboard's signals. */
  foreground: number
  /** A new open description of it. */
  file(): OpenFile
  setMode(mode: TerminalMode): void
  /** Told of all that is shown, for the transcript. */
  onOutput: ((bytes: Uint8Array) => void) | undefined
  readonly hungUp: boolean
  readonly mode: TerminalMode
}
