import type { Bmc } from './bmc.ts'
import type { SolConsole } from './sol.ts'

/** Privilege levels (table 13-15). */
export const PRIVILEGE = { none: 0, callback: 1, user: 2, operator: 3, administrator: 4 } as const

/** Completion codes (table 5-2). */
export const COMPLETION = {
  ok: 0,
  invalidCommand: 0xc1,
  outOfSpace: 0xc4,
  reservation: 0xc5,
  shortRequest: 0xc7,
  badParameter: 0xc9,
  cannotReturn: 0xca,
  notPresent: 0xcb,
  invalidData: 0xcc,
  privilege: 0xd4,
  unsupportedParameter: 0x80,
} as const

/** A command that ends with another completion code than 0. */
export class Completion extends Error {
  readonly code: number

  constructor(code: number) {
    super(`completion code ${code.toString(16)}`)
    this.code = code
  }
}

/** Who asks: what a session has, or nobody. */
export interface Caller {
  /** Id of the account; 0 outside a session. */
  user: number
  privilege: number
  /** What the session may be raised to. */
  limit: number
  session: number
  /** The server's serial console, while serial over LAN is active. */
  sol?: SolConsole
}

export interface Call {
  bmc: Bmc
  data: Buffer
  caller: Caller
  /** UDP port that the request came to. */
  port: number
}

export interface Command {
  name: string
  /** What the caller needs at least. */
  privilege: number
  action: 'read' | 'write' | 'scan' | 'stop' | 'start' | 'restart' | 'login'
  /** Bytes that a request has at least. */
  least?: number
  /** Response data behind the completion code. @throws Completion */
  run: (call: Call) => Buffer | readonly number[]
}

/** Commands by network function and number, `nn/cc` in hex. */
export type CommandTable = Readonly<Record<string, Command>>
