import { evidence } from '../../../events/bytes.ts'
import { toBytes } from '../../../host/text.ts'
import { BsonDate, type BsonDocument, type BsonValue, Double, doc, isDocument, numberOf, ObjectId, shellText } from '../bson.ts'
import { isCompressor } from '../compression.ts'
import { MongoError } from '../mongo-error.ts'
import { GIT_VERSION, VERSION } from '../server.ts'
import { type Call, type Command, documentArgument, isTrue, ok } from './command.ts'
import { saslStart } from './login.ts'

/** Wire versions that 4.4 speaks. */
const WIRE = { min: 0, max: 9 }
const LARGEST_DOCUMENT = 16 * 1024 * 1024
/** A driver that waits for news of the topology is told that there is none, no later than this. */
const LONGEST_WAIT_MS = 10_000

async function hello(call: Call): Promise<BsonDocument> {
  const { client, command, name } = call
  introduce(call)
  const wait = numberOf(command.get('maxAwaitTimeMS'))
  if (isDocument(command.get('topologyVersion')) && wait !== undefined)
    await client.visit.pause(Math.min(Math.max(0, wait), LONGEST_WAIT_MS))
  const speculative = speculate(call)
  const asked = command.get('compression')
  const compressors = Array.isArray(asked) ? asked.slice(0, 20).filter((one) => typeof one === 'string' && isCompressor(one)) : undefined
  return ok({
    ...(isTrue(command.get('helloOk')) && { helloOk: true }),
    [name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
    topologyVersion: doc({ processId: client.server.processId, counter: 0n }),
    maxBsonObjectSize: LARGEST_DOCUMENT,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new BsonDate(Date.now()),
    logicalSessionTimeoutMinutes: 30,
    connectionId: client.connectionId,
    minWireVersion: WIRE.min,
    maxWireVersion: WIRE.max,
    readOnly: false,
    ...(compressors && { compression: compressors }),
    ...(typeof command.get('saslSupportedMechs') === 'string' && { saslSupportedMechs: ['SCRAM-SHA-1', 'SCRAM-SHA-256'] }),
    ...(speculative && { speculativeAuthenticate: speculative }),
  })
}

/** First message of a login that comes with the greeting; when it fails the greeting says nothing of it. */
function speculate(call: Call): BsonDocument | undefined {
  const command = call.command.get('speculativeAuthenticate')
  if (!isDocument(command)) return undefined
  try {
    const started = saslStart({ ...call, name: 'saslStart', command })
    started.delete('ok')
    return started
  } catch (error) {
    if (error instanceof MongoError) return undefined
    throw error
  }
}

function introduce({ client, command }: Call): void {
  const metadata = command.get('client')
  if (client.hasIntroduced || !isDocument(metadata)) return
  client.hasIntroduced = true
  client.visit.record('mongodb.client', { metadata: evidence(toBytes(shellText(metadata).slice(0, 2048))) })
}

function buildInfo(): BsonDocument {
  const ssl = 'OpenSSL 1.1.1n  15 Mar 2022'
  const compiler = 'gcc (GCC) 8.5.0'
  return ok({
    version: VERSION,
    gitVersion: GIT_VERSION,
    modules: [],
    allocator: 'tcmalloc',
    javascriptEngine: 'mozjs',
    sysInfo: 'deprecated',
    versionArray: [...VERSION.split('.').map(Number), 0],
    openssl: doc({ running: ssl, compiled: ssl }),
    buildEnvironment: doc({
      distmod: 'debian10',
      distarch: 'x86_64',
      cc: `/opt/mongodbtoolchain/v3/bin/gcc: ${compiler}`,
      ccflags:
        '-fno-omit-frame-pointer -fno-strict-aliasing -ggdb -pthread -Wall -Wsign-compare -Wno-unknown-pragmas -Winvalid-pch -Werror -O2 -Wno-unused-local-typedefs',
      cxx: `/opt/mongodbtoolchain/v3/bin/g++: ${compiler}`,
      cxxflags: '-Woverloaded-virtual -Wno-maybe-uninitialized -fsized-deallocation -std=c++17',
      linkflags:
        '-pthread -Wl,-z,now -rdynamic -Wl,--fatal-warnings -fstack-protector-strong -fuse-ld=gold -Wl,--no-threads -Wl,--build-id -Wl,--hash-style=gnu -Wl,-z,noexecstack -Wl,--warn-execstack -Wl,-z,relro',
      target_arch: 'x86_64',
      target_os: 'linux',
    }),
    bits: 64,
    debug: false,
    maxBsonObjectSize: LARGEST_DOCUMENT,
    storageEngines: ['biggie', 'devnull', 'ephemeralForTest', 'wiredTiger'],
  })
}

function serverStatus({ client: { server } }: Call): BsonDocument {
  const { uptimeMs } = server
  const seconds = Math.floor(uptimeMs / 1000)
  const gets = Math.floor(seconds / 4)
  return ok({
    host: server.host,
    version: VERSION,
    process: 'mongod',
    pid: BigInt(server.pid),
    uptime: new Double(seconds),
    uptimeMillis: BigInt(uptimeMs),
    uptimeEstimate: BigInt(seconds),
    localTime: new BsonDate(Date.now()),
    asserts: doc({ regular: 0, warning: 0, msg: 0, user: Math.floor(seconds / 900), rollovers: 0 }),
    connections: doc({
      current: server.current,
      available: 51_200 - server.current,
      totalCreated: server.connections,
      active: 1,
      exhaustIsMaster: 0,
      exhaustHello: 0,
      awaitingTopologyChanges: 0,
    }),
    extra_info: doc({
      note: 'fields vary by platform',
      user_time_us: BigInt(seconds * 2100),
      system_time_us: BigInt(seconds * 900),
      page_faults: 13n,
    }),
    globalLock: doc({
      totalTime: BigInt(uptimeMs) * 1000n,
      currentQueue: doc({ total: 0, readers: 0, writers: 0 }),
      activeClients: doc({ total: 0, readers: 0, writers: 0 }),
    }),
    network: doc({ bytesIn: BigInt(gets * 310), bytesOut: BigInt(gets * 1250), numRequests: BigInt(gets) }),
    opcounters: doc({
      insert: BigInt(Math.floor(gets / 40)),
      query: BigInt(gets),
      update: BigInt(Math.floor(gets / 30)),
      delete: BigInt(Math.floor(gets / 300)),
      getmore: BigInt(Math.floor(gets / 90)),
      command: BigInt(gets * 2),
    }),
    storageEngine: doc({
      name: 'wiredTiger',
      supportsCommittedReads: true,
      oldestRequiredTimestampForCrashRecovery: 0n,
      supportsPendingDrops: true,
      dropPendingIdents: 0n,
      supportsSnapshotReadConcern: true,
      readOnly: false,
      persistent: true,
      backupCursorOpen: false,
    }),
    mem: doc({ bits: 64, resident: 118, virtual: 1544, supported: true }),
  })
}

function hostInfo({ client: { server } }: Call): BsonDocument {
  const { os, hardware } = server.persona
  const { cpu, memoryMiB } = hardware
  const megabytes = BigInt(memoryMiB)
  return ok({
    system: doc({
      currentTime: new BsonDate(Date.now()),
      hostname: server.host,
      cpuAddrSize: 64,
      memSizeMB: megabytes,
      memLimitMB: megabytes,
      numCores: cpu.sockets * cpu.cores * cpu.threadsPerCore,
      cpuArch: os.kernel.machine,
      numaEnabled: cpu.sockets > 1,
    }),
    os: doc({
      type: 'Linux',
      name: `PRETTY_NAME="${os.name} ${os.version}${os.codename && ` (${os.codename})`}"`,
      version: `Kernel ${os.kernel.release}`,
    }),
    extra: doc({
      versionString: `Linux version ${os.kernel.release} ${os.kernel.version}`,
      libcVersion: '2.36',
      kernelVersion: os.kernel.release,
      cpuFrequencyMHz: cpu.mhz.toFixed(3),
      cpuFeatures: cpu.flags,
      pageSize: 4096n,
      numPages: memoryMiB * 256,
      maxOpenFiles: 64_000,
    }),
  })
}

function getCmdLineOpts({ client: { server, isLoginNeeded } }: Call): BsonDocument {
  return ok({
    argv: ['/usr/bin/mongod', '--config', '/etc/mongod.conf'],
    parsed: doc({
      config: '/etc/mongod.conf',
      net: doc({ bindIp: '0.0.0.0', port: server.port }),
      processManagement: doc({ timeZoneInfo: '/usr/share/zoneinfo' }),
      ...(isLoginNeeded && { security: doc({ authorization: 'enabled' }) }),
      storage: doc({ dbPath: '/var/lib/mongodb', journal: doc({ enabled: true }) }),
      systemLog: doc({ destination: 'file', logAppend: true, path: '/var/log/mongodb/mongod.log' }),
    }),
  })
}

const OPEN_WARNING = 'Access control is not enabled for the database. Read and write access to data and configuration is unrestricted'

function getLog({ command, client: { server, isLoginNeeded } }: Call): BsonDocument {
  const which = command.get('getLog')
  if (which === '*') return ok({ names: ['global', 'startupWarnings'] })
  if (which !== 'startupWarnings' && which !== 'global') throw new MongoError(0, 'OK', `no RamLog named: ${String(which).slice(0, 100)}`)
  const at = new Date(server.startedAt + 1372).toISOString().replace('Z', '+00:00')
  const entry = (id: number, context: string, message: string): string =>
    JSON.stringify({ t: { $date: at }, s: 'W', c: context, id, ctx: 'initandlisten', msg: message, tags: ['startupWarnings'] })
  const warnings = isLoginNeeded ? [] : [entry(22_120, 'CONTROL', OPEN_WARNING)]
  return ok({ totalLinesWritten: warnings.length, log: warnings })
}

function whatsmyuri({ client: { visit } }: Call): BsonDocument {
  return ok({ you: `${visit.source.ip}:${visit.source.port}` })
}

function getParameter({ command }: Call): BsonDocument {
  if (command.get('getParameter') === '*' || command.has('featureCompatibilityVersion'))
    return ok({ featureCompatibilityVersion: doc({ version: '4.4' }), authSchemaVersion: 5 })
  if (command.has('authenticationMechanisms')) return ok({ authenticationMechanisms: ['MONGODB-X509', 'SCRAM-SHA-1', 'SCRAM-SHA-256'] })
  throw new MongoError(72, 'InvalidOptions', 'no option found to get')
}

function replSetGetStatus(): BsonDocument {
  throw new MongoError(76, 'NoReplicationEnabled', 'not running with --replSet')
}

function currentOp({ client }: Call): BsonDocument {
  const { visit, connectionId, server } = client
  const you = `${visit.source.ip}:${visit.source.port}`
  return ok({
    inprog: [
      doc({
        type: 'op',
        host: server.host,
        desc: `conn${connectionId}`,
        connectionId,
        client: you,
        active: true,
        currentOpTime: new Date().toISOString().replace('Z', '+00:00'),
        op: 'command',
        ns: 'admin.$cmd',
        numYields: 0,
      }),
    ],
  })
}

const text = (value: BsonValue | undefined): ReturnType<typeof evidence> =>
  evidence(toBytes(typeof value === 'string' ? value.slice(0, 512) : shellText(value ?? null).slice(0, 512)))

const MOST_USERS = 100

function changeUser(call: Call): BsonDocument {
  const { client, command, name, database } = call
  const user = command.get(name)
  const password = command.get('pwd')
  client.visit.record(
    'mongodb.privilege',
    { command: name, name: text(user), ...(password !== undefined && { password: text(password) }) },
    ['attack:T1136'],
  )
  const key = `${database}.${String(user).slice(0, 200)}`
  const { users } = client.state
  if (name === 'createUser') {
    if (!Array.isArray(command.get('roles'))) throw new MongoError(9, 'FailedToParse', 'Missing required field: "roles"')
    if (users.has(key)) throw new MongoError(51_003, 'Location51003', `User "${String(user).slice(0, 200)}@${database}" already exists`)
    if (users.size < MOST_USERS) users.set(key, { user: String(user).slice(0, 200), db: database })
  } else if (!users.has(key))
    throw new MongoError(11, 'UserNotFound', `Could not find user "${String(user).slice(0, 200)}" for db "${database}"`)
  if (name === 'dropUser') users.delete(key)
  return ok()
}

function usersInfo({ client }: Call): BsonDocument {
  const users = [...client.state.users.values()].map(({ user, db }) =>
    doc({
      _id: `${db}.${user}`,
      userId: new ObjectId(Buffer.alloc(12, 1)),
      user,
      db,
      roles: [],
      mechanisms: ['SCRAM-SHA-1', 'SCRAM-SHA-256'],
    }),
  )
  return ok({ users: users.map((user) => new Map([...user].filter(([name]) => name !== 'userId'))) })
}

/** The server would stop; ours has a guardian that starts it at once. */
function shutdown({ client: { visit } }: Call): BsonDocument {
  visit.reset()
  return ok()
}

function setParameter(call: Call): BsonDocument {
  documentArgument(call, 'lsid')
  return ok({ was: true })
}

const nothing = (): BsonDocument => ok()

export const ADMINISTRATION: Record<string, Command> = {
  hello: { run: hello, isOpen: true },
  isMaster: { run: hello, isOpen: true },
  ismaster: { run: hello, isOpen: true },
  ping: { run: nothing, isOpen: true },
  buildInfo: { run: buildInfo, isOpen: true },
  buildinfo: { run: buildInfo, isOpen: true },
  whatsmyuri: { run: whatsmyuri, isOpen: true },
  endSessions: { run: nothing, isOpen: true },
  startSession: { run: nothing },
  refreshSessions: { run: nothing },
  killAllSessions: { run: nothing },
  serverStatus: { run: serverStatus },
  hostInfo: { run: hostInfo, isForAdmin: true },
  getCmdLineOpts: { run: getCmdLineOpts, isForAdmin: true },
  getLog: { run: getLog, isForAdmin: true },
  getParameter: { run: getParameter, isForAdmin: true },
  setParameter: { run: setParameter, isForAdmin: true },
  getLastError: { run: () => ok({ connectionId: 1, n: 0, err: null }) },
  getlasterror: { run: () => ok({ connectionId: 1, n: 0, err: null }) },
  getFreeMonitoringStatus: { run: () => ok({ state: 'undecided' }), isForAdmin: true },
  replSetGetStatus: { run: replSetGetStatus, isForAdmin: true },
  currentOp: { run: currentOp, isForAdmin: true },
  killOp: { run: () => ok({ info: 'attempting to kill op' }), isForAdmin: true },
  fsync: { run: () => ok({ numFiles: 1 }), isForAdmin: true },
  profile: { run: () => ok({ was: 0, slowms: 100, sampleRate: new Double(1) }) },
  createUser: { run: changeUser },
  updateUser: { run: changeUser },
  dropUser: { run: changeUser },
  grantRolesToUser: { run: changeUser },
  usersInfo: { run: usersInfo },
  rolesInfo: { run: () => ok({ roles: [] }) },
  shutdown: { run: shutdown, isForAdmin: true },
}
