/**
 * MongoDB 4.4, open to everybody unless it is told to want a login.
 *
 *   attacker: OP_QUERY admin.$cmd { isMaster: 1, client: { driver: … } }   → mongodb.client
 *   us:       OP_REPLY { ismaster: true, maxWireVersion: 9, … }
 *   attacker: OP_MSG { saslStart: 1, mechanism: 'SCRAM-SHA-256', … }       → login, the exchange where the password is not known
 *   attacker: OP_MSG { listDatabases: 1 } · { find: 'customers' }          → turns; documents of the persona
 *   attacker: OP_MSG { dropDatabase: 1, $db: 'shop' }                      → mongodb.destroyed; gone for this source
 *   attacker: OP_MSG { insert: 'README', documents: [{ content: 'send 0.01 BTC to …' }] } → indicators of the note
 *
 * The codec cuts bytes into messages, connection.ts answers them, commands/ has a file a theme, store.ts holds the documents.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Persona } from '../../config/persona.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { MongoFormatError } from './codec.ts'
import { Connection } from './connection.ts'
import { type MongodbEvents, mongodbEvents } from './events.ts'
import { Server } from './server.ts'

interface Room {
  /** By persona: a reload may bring another. */
  servers: LRUCache<Persona, Server>
}

export default defineLure({
  name: 'mongodb',
  standsFor: ['Dionaea', 'Honeypots'],
  about: 'MongoDB 4.4 with the persona’s data as documents',
  profiles: ['standard', 'mini'],
  ports: [{ transport: 'tcp', port: 27017 }],
  options: z.strictObject({
    /** `open` has no access control, as most that are harvested; `login` has `security.authorization: enabled`. */
    access: z.enum(['open', 'login']).default('open'),
    /** `net.tls.mode: allowTLS`; without, as mongod is installed, a TLS hello ends the connection. */
    tls: z.boolean().default(false),
    login: LoginOptions,
  }),
  events: mongodbEvents,

  start: (): Room => ({ servers: new LRUCache({ max: 4 }) }),

  async serve(visit, context) {
    const { room, persona, identity, options, port } = context
    if (!(await isOfThisProtocol(visit, options.tls))) return
    const server = room.servers.get(persona) ?? new Server(identity, persona, port.declared.port)
    room.servers.set(persona, server)
    const source = visit.source.ip
    const state = server.states.of(source)
    server.current++
    try {
      await new Connection({
        visit,
        server,
        state,
        desk: new LoginDesk(visit, context),
        connectionId: ++server.connections,
        isLoginNeeded: options.access === 'login',
        user: undefined,
        sasl: undefined,
        hasIntroduced: false,
      }).serve()
    } catch (error) {
      if (!(error instanceof MongoFormatError) && !(error instanceof LimitReached && error.limit === 'message')) throw error
      // The server says nothing to what is no message.
      visit.record('mongodb.protocol-error', { message: error.message })
    } finally {
      server.current--
      server.states.weigh(source, state)
    }
  },
})

const OVER_HTTP = 'It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n'

/** Starts TLS when the client does and may; answers a browser. False when nothing more is to be said. */
async function isOfThisProtocol(visit: Visit<MongodbEvents>, tls: boolean): Promise<boolean> {
  const first = await visit.peek(4)
  // A hello of TLS: record type 22, version 3.x. As a message it would have more than 48 MB or another length.
  const isHello = first[0] === 0x16 && first[1] === 0x03
  if (isHello && tls) await visit.startTls()
  else if (isHello) {
    // "SSL handshake received but server is started without SSL support"
    visit.record('mongodb.protocol-error', { message: 'TLS hello' })
    return false
  } else if (first.toString('latin1') === 'GET ') {
    await visit.write(
      `HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${OVER_HTTP.length}\r\n\r\n${OVER_HTTP}`,
    )
    return false
  }
  return true
}
