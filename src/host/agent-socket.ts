import { randomInt } from 'node:crypto'
import { HostError } from './contract.ts'
import type { Machine } from './machine.ts'
import type { Account } from './process/kernel-process.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * The socket through which programs would reach the agent that `ssh -A` forwards: `/tmp/ssh-XXXXXXXXXX/agent.PID` (session.c,
 * auth_input_request_forwarding). Nobody answers on it.
 */
export class AgentSocket {
  readonly path: string
  readonly #folder: string
  readonly #machine: Machine

  /** @throws HostError where /tmp does not take it */
  constructor(machine: Machine, { uid, gid }: Account, pid: number) {
    const { files } = machine.world
    const name = Array.from({ length: 10 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
    this.#machine = machine
    this.#folder = `/tmp/ssh-${name}`
    this.path = `${this.#folder}/agent.${pid}`
    files.mkdir(this.#folder, 0o700)
    files.mknod(this.path, 'socket', 0o755)
    for (const path of [this.#folder, this.path]) files.chown(path, uid, gid)
  }

  remove(): void {
    const { files } = this.#machine.world
    try {
      files.remove(this.path)
      files.rmdir(this.#folder)
    } catch (error) {
      // Somebody was faster, or put something in.
      if (!(error instanceof HostError)) throw error
    }
  }
}
