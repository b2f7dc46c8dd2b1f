import type { Machine } from './machine.ts'
import type { Account } from './process/kernel-process.ts'
import { listenAt, removeSocket, SshAgent, socketFolder, stopListening } from './ssh-agent.ts'

/**
 * The socket through which programs reach the agent that `ssh -A` forwards: `/tmp/ssh-XXXXXXXXXX/agent.PID` (session.c,
 * auth_input_request_forwarding). It answers as an agent without keys: the client's own is not asked.
 */
export class AgentSocket {
  readonly path: string
  readonly #folder: string
  readonly #machine: Machine
  readonly #agent = new SshAgent()

  /** @throws HostError where /tmp does not take it */
  constructor(machine: Machine, { uid, gid }: Account, pid: number) {
    const { files } = machine.world
    this.#machine = machine
    this.#folder = socketFolder(files, 10)
    this.path = `${this.#folder}/agent.${pid}`
    files.mknod(this.path, 'socket', 0o755)
    for (const path of [this.#folder, this.path]) files.chown(path, uid, gid)
    listenAt(machine.world, this.path, this.#agent)
  }

  remove(): void {
    stopListening(this.#machine.world, this.#agent)
    removeSocket(this.#machine.world.files, this.path, this.#folder)
  }
}
