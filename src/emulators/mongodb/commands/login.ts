import { createHash } from 'node:crypto'
import { evidence } from '../../../events/bytes.ts'
import { toBytes } from '../../../host/text.ts'
import { parseClientFinal, parseClientFirst, ScramError, ScramServer } from '../../../sensor/scram.ts'
import { Binary, type BsonDocument, type BsonValue, doc } from '../bson.ts'
import { MongoError } from '../mongo-error.ts'
import { type Call, type Command, documentArgument, isTrue, ok } from './command.ts'

const MECHANISMS = {
  'SCRAM-SHA-1': { hash: 'sha1', iterations: 10_000, saltBytes: 16 },
  'SCRAM-SHA-256': { hash: 'sha256', iterations: 15_000, saltBytes: 28 },
} as const
type Mechanism = keyof typeof MECHANISMS

/** A login that is under way. */
export interface SaslExchange {
  mechanism: Mechanism
  user: string
  database: string
  salt: Buffer
  server: ScramServer
  skipsEmpty: boolean
  /** After the proof: a client that does not skip it sends one more message without content. */
  isProven: boolean
}

const CONVERSATION = 1

function failed(): MongoError {
  return new MongoError(18, 'AuthenticationFailed', 'Authentication failed.')
}

/** SCRAM-SHA-1 works on this in place of the password. */
function digestOf(user: string, password: string): string {
  return createHash('md5').update(`${user}:mongo:${password}`).digest('hex')
}

function payloadOf(call: Call): string {
  const payload = call.command.get('payload')
  if (payload instanceof Binary) return payload.bytes.toString('utf8')
  return typeof payload === 'string' ? Buffer.from(payload, 'base64').toString('utf8') : ''
}

const reply = (payload: string, done: boolean): BsonDocument =>
  ok({ conversationId: CONVERSATION, done, payload: new Binary(0, Buffer.from(payload)) })

/** First message of a login; also what `speculativeAuthenticate` of a greeting is. */
export function saslStart(call: Call): BsonDocument {
  const { client, command } = call
  const mechanism = command.get('mechanism')
  if (mechanism !== 'SCRAM-SHA-1' && mechanism !== 'SCRAM-SHA-256') {
    throw new MongoError(
      334,
      'MechanismUnavailable',
      `Received authentication for mechanism ${String(mechanism).slice(0, 100)} which is not enabled`,
    )
  }
  const { hash, iterations, saltBytes } = MECHANISMS[mechanism]
  const database = command.get('db') ?? call.database
  try {
    const clientFirst = parseClientFirst(payloadOf(call))
    const { user } = clientFirst
    const salt = client.server.identity.bytes(`mongodb/salt/${mechanism}/${user}`, saltBytes)
    const server = new ScramServer({ hash, salt, iterations, clientFirst, nonceBytes: 24 })
    const skipsEmpty = isTrue(documentArgument(call, 'options').get('skipEmptyExchange'))
    client.sasl = { mechanism, user, database: String(database).slice(0, 64), salt, server, skipsEmpty, isProven: false }
    return reply(server.serverFirst, false)
  } catch (error) {
    if (error instanceof ScramError) throw failed()
    throw error
  }
}

async function saslContinue(call: Call): Promise<BsonDocument> {
  const { client } = call
  const exchange = client.sasl
  if (!exchange) throw new MongoError(17, 'ProtocolError', 'No SASL session state found')
  if (exchange.isProven) {
    client.sasl = undefined
    return reply('', true)
  }
  client.sasl = undefined
  const payload = await judge(call, exchange)
  client.user = { name: exchange.user, database: exchange.database }
  if (!exchange.skipsEmpty) client.sasl = { ...exchange, isProven: true }
  return reply(payload, exchange.skipsEmpty)
}

/** The server's own proof, for a client that is let in. @throws MongoError for others */
async function judge(call: Call, { mechanism, user, database, salt, server }: SaslExchange): Promise<string> {
  const { desk, visit } = call.client
  try {
    const final = parseClientFinal(payloadOf(call))
    const inUse = (password: string): string => (mechanism === 'SCRAM-SHA-1' ? digestOf(user, password) : password)
    const find = async (passwords: readonly string[]): Promise<string | undefined> => {
      const found = await server.find(final, passwords.map(inUse))
      return passwords.find((password) => inUse(password) === found)
    }
    const { accepted, password } = await desk.mutualProof(mechanism.toLowerCase(), toBytes(user), find)
    if (password === undefined) {
      visit.record('mongodb.scram', {
        user: evidence(toBytes(user)),
        database: evidence(toBytes(database)),
        mechanism,
        salt: salt.toString('base64'),
        iterations: MECHANISMS[mechanism].iterations,
        authMessage: evidence(server.authMessage(final)),
        proof: final.proof.toString('base64'),
      })
    }
    if (!accepted || password === undefined) throw failed()
    return await server.serverFinal(final, inUse(password))
  } catch (error) {
    if (error instanceof ScramError) throw failed()
    throw error
  }
}

function connectionStatus({ client: { user } }: Call): BsonDocument {
  const users: BsonValue[] = user ? [doc({ user: user.name, db: user.database })] : []
  const roles: BsonValue[] = user ? [doc({ role: 'root', db: 'admin' })] : []
  return ok({ authInfo: doc({ authenticatedUsers: users, authenticatedUserRoles: roles }) })
}

export const LOGIN_COMMANDS: Record<string, Command> = {
  saslStart: { run: saslStart, isOpen: true },
  saslContinue: { run: saslContinue, isOpen: true },
  connectionStatus: { run: connectionStatus, isOpen: true },
  logout: {
    run: ({ client }) => {
      client.user = undefined
      return ok()
    },
    isOpen: true,
  },
  authenticate: {
    run: () => {
      throw failed()
    },
    isOpen: true,
  },
}
