import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { ObjectId } from './bson.ts'
import { SourceStates } from './source-state.ts'
import { makeStore } from './store.ts'

/** Last release of the series that answers old and new messages alike. */
export const VERSION = '4.4.29'
export const GIT_VERSION = 'f4dda329a99811c707eb06d05ad023599f9be263'

/** The facts of one server, the same for every source. */
export class Server {
  readonly persona: Persona
  readonly port: number
  /** UTC milliseconds. */
  readonly startedAt: number
  readonly pid: number
  readonly processId: ObjectId
  /** Salts of users come from it. */
  readonly identity: Identity
  readonly states: SourceStates
  connections: number
  current = 0

  constructor(identity: Identity, persona: Persona, port: number) {
    this.persona = persona
    this.port = port
    this.identity = identity
    this.startedAt = Date.now() - identity.integer('mongodb/uptime', 5 * 86_400, 80 * 86_400) * 1000
    this.pid = identity.integer('mongodb/pid', 540, 990)
    const process = identity.bytes('mongodb/process-id', 12)
    process.writeUInt32BE(Math.floor(this.startedAt / 1000))
    this.processId = new ObjectId(process)
    this.connections = identity.integer('mongodb/connections', 400, 9000)
    this.states = new SourceStates(makeStore(persona, identity, VERSION))
  }

  /** Name of the machine, as the persona has it. */
  get host(): string {
    return this.persona.hostname
  }

  get uptimeMs(): number {
    return Date.now() - this.startedAt
  }
}
