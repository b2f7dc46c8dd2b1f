import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { everyModule, type Outward, outwardOf, reachedFrom } from './outward.ts'

const all = everyModule()
/** What bytes of an attacker can come to: the lures, the simulated hosts, and the listeners before them. */
const reached = reachedFrom(all, 'src/lures.ts', 'src/host/hosts.ts', 'src/sensor/sensor.ts')

/** Modules whose whole content is arithmetic, and those that only read. */
const HARMLESS = new Set(
  ['crypto', 'path', 'perf_hooks', 'stream', 'timers/promises', 'util', 'zlib']
    .map((name) => `node:${name}`)
    .concat('lru-cache', 're2js', 'reflect-metadata', 'yaml', 'zod', '@peculiar/x509'),
)
const HARMLESS_NAMES: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['isIP', 'isIPv4', 'isIPv6', 'BlockList'],
  'node:fs': ['readFileSync', 'readdirSync', 'existsSync', 'statSync'],
  'node:os': ['constants'],
  'just-bash': ['parse', 'serialize'],
}

/** `node:net createServer` → the modules that take it; what is harmless and our own modules left out. */
function takenBy(modules: ReadonlyMap<string, Outward>): Record<string, string[]> {
  const rows = [...modules].flatMap(([path, { taken }]) =>
    taken
      .filter(({ from }) => !from.startsWith('src/') && !HARMLESS.has(from))
      .flatMap(({ from, names }) => names.filter((name) => !HARMLESS_NAMES[from]?.includes(name)).map((name) => [`${from} ${name}`, path])),
  )
  const grouped = Map.groupBy(rows, ([what]) => what!)
  return Object.fromEntries([...grouped].map(([what, users]) => [what, users.map(([, path]) => path!).sort()]))
}

/** Modules that take anything of another that matches, by path. */
function takersOf(from: RegExp, isHarmless: (name: string) => boolean = () => false): string[] {
  return [...all]
    .filter(([, { taken }]) => taken.some((one) => from.test(one.from) && !(one.names.length && one.names.every(isHarmless))))
    .map(([path]) => path)
}

describe('what attackers reach', () => {
  it('listens, and has no other way out of the process; of files it reads its own, and records terminals', () => {
    expect(takenBy(reached)).toEqual({
      'node:net createServer': ['src/sensor/passive-port.ts', 'src/sensor/tcp-listener.ts'],
      'node:dgram createSocket': ['src/sensor/udp-dialogue.ts', 'src/sensor/udp-listener.ts'],
      'node:tls createSecureContext': ['src/emulators/mssql/index.ts', 'src/sensor/certificate.ts'],
      // Around a stream that is open already.
      'node:tls TLSSocket': ['src/emulators/mssql/transport.ts', 'src/sensor/tcp-visit.ts'],
      'node:fs mkdirSync': ['src/sensor/running-lure.ts'],
      'node:fs/promises appendFile': ['src/host/terminal-record.ts'],
      // ssh2's ciphers and compression, by their files; its client is not among them.
      'node:module createRequire': ['src/ssh/transport/ssh2-internals.ts'],
      // Routes of a persona's site; it never listens.
      'fastify Default': ['src/http/fastify-site.ts'],
      // Text tools of the shell, over files in memory; its network is off unless configured.
      'just-bash Bash': ['src/host/commands/just-bash.ts'],
      'just-bash InMemoryFs': ['src/host/commands/just-bash.ts'],
    })
  })

  it('uses nothing that connects, loads or runs code without being imported', () => {
    expect([...reached].filter(([, { globals }]) => globals.length).map(([path, { globals }]) => [path, globals])).toEqual([])
  })

  it('is below models, stores and outputs, which are given to it', () => {
    expect([...reached.keys()].filter((path) => !/^src\/(lures\.ts|(config|events|host|sensor|http|ssh|emulators)\/)/.test(path))).toEqual(
      [],
    )
    // All of it was looked at, but modules that are types alone.
    expect([...all].filter(([path, { taken }]) => path.startsWith('src/emulators/') && !reached.has(path) && taken.length > 0)).toEqual([])
  })

  it.each([
    "import { connect } from 'node:net'",
    "import { Socket } from 'net'",
    "import net from 'node:net'",
    "import * as net from 'node:net'",
    "export { connect } from 'node:net'",
    "import { lookup } from 'node:dns'",
    "import { resolve4 } from 'dns/promises'",
    "import { request } from 'undici'",
    "import { request } from 'node:https'",
    "import { createTransport } from 'nodemailer'",
    "import { spawn } from 'node:child_process'",
    "import { Worker } from 'node:worker_threads'",
    "import { DatabaseSync } from 'node:sqlite'",
    "import { runInThisContext } from 'node:vm'",
    "import { writeFileSync } from 'node:fs'",
    "const net = await import('node:net')",
    'const net = await import(`node:${name}`)',
    'const net = await import(name)',
    "const net = require('node:net')",
    "const net = process.getBuiltinModule('node:net')",
    "const tcp = process.binding('tcp_wrap')",
    "const tcp = process['_linkedBinding']('tcp_wrap')",
    'process.dlopen(module, file)',
    "const answer = await fetch('http://example/')",
    'const ask = fetch; await ask(url)',
    'await globalThis.fetch(url)',
    'const all = { fetch }',
    "const socket = new WebSocket('ws://example')",
    'const events = new EventSource(url)',
    "database.loadExtension('/tmp/x.so')",
    'const f = new Function(text)',
    'eval(text)',
  ])('would not be let through: %s', (line) => {
    const outward = outwardOf('src/emulators/redis/index.ts', line)
    expect([...Object.keys(takenBy(new Map([['src/emulators/redis/index.ts', outward]]))), ...outward.globals]).not.toEqual([])
  })

  it.each([
    "import type { Socket } from 'node:net'",
    "import { isIP, type Socket } from 'node:net'",
    'const fetch = 1; use(fetch)',
    'mail.fetch(1)',
  ])('is: %s', (line) => {
    const outward = outwardOf('src/emulators/redis/index.ts', line)
    expect([takenBy(new Map([['src/emulators/redis/index.ts', outward]])), outward.globals]).toEqual([{}, []])
  })
})

describe('the sensor', () => {
  /** Servers of the operator's own choice: models, what is asked of others about a captured file, and outputs. */
  const MAY_CONNECT = ['src/fingerprint.ts', 'src/hive/probe.ts', 'src/outputs/egress.ts']
  const ofTheSensor = (path: string): boolean => !path.startsWith('src/broker/')
  const LISTENS = ['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'createServer', 'createSecureContext', 'TLSSocket', 'checkServerIdentity']

  it('opens connections to model servers, look-ups and outputs only', () => {
    // The broker is a process of its own, of which the sensor loads nothing.
    expect(takersOf(/^node:(net|tls|https?|http2)$/, (name) => LISTENS.includes(name)).filter(ofTheSensor)).toEqual(MAY_CONNECT)
    expect(takersOf(/^node:dgram$/).filter(ofTheSensor)).toEqual([
      ...[
        'src/fingerprint.ts',
        'src/install/facts.ts',
        'src/outputs/egress.ts',
        'src/sensor/udp-dialogue.ts',
        'src/sensor/udp-listener.ts',
      ],
    ])
    // Clients that connect by themselves.
    expect(takersOf(/^(ollama|openai|undici)\b/).filter((path) => !path.startsWith('src/llm/backends/'))).toEqual([])
    expect(takersOf(/^(@nats-io\/|@platformatic\/kafka|nodemailer)/).filter((path) => !/^src\/(outputs|hive)\//.test(path))).toEqual([])
    expect(takersOf(/^pg\b/).filter((path) => !path.startsWith('src/store/postgres/'))).toEqual([])
  })

  it('resolves no names', () => {
    expect(takersOf(/^node:dns/).filter(ofTheSensor)).toEqual([])
  })

  it('loads nothing of the broker, which only its own verb does', () => {
    expect(takersOf(/^src\/broker\//).filter(ofTheSensor)).toEqual(['src/cli/verbs/broker.ts'])
    expect(takersOf(/^src\/cli\/verbs\/broker\.ts$/)).toEqual(['src/cli/verbs.ts'])
  })

  it('starts no processes and no workers, and evaluates no text as code', () => {
    expect(takersOf(/^node:(child_process|worker_threads|cluster|vm|inspector|wasi|repl|test|process|v8)\b/)).toEqual([])
    expect([...all].filter(([, { globals }]) => globals.length).map(([path, { globals }]) => [path, [...new Set(globals)]])).toEqual([
      ['src/analysis/virus-total.ts', ['fetch']],
      // It replaces itself by itself, under the permission model.
      ['src/cli/permissions.ts', ['execve']],
      ['src/llm/backends/guarded-fetch.ts', ['fetch']],
    ])
  })

  it('lets no database load code', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'))
    expect(files.filter((f) => /allowExtension/.test(readFileSync(join('src', f), 'utf8')))).toEqual([])
  })
})

describe('the broker', () => {
  it('has no way to files, and unpacks nothing', () => {
    const ofTheBroker = (path: string): boolean => path.startsWith('src/broker/')
    expect(takersOf(/^node:(fs|zlib)/).filter(ofTheBroker)).toEqual([])
    expect(all.size).toBeGreaterThan([...all.keys()].filter(ofTheBroker).length)
  })
})
