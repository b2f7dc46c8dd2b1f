import { evidence } from '../../../events/bytes.ts'
import { type Args, integer } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { failure, OK, type Reply } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import type { CommandTable, Run } from '../handler.ts'
import { runOnHost } from '../host-command.ts'
import { LuaError, type LuaFunction, LuaInterpreter, LuaTable, type LuaValue, toText } from '../lua/interpreter.ts'
import { LuaSyntaxError } from '../lua/lexer.ts'
import { baseLibrary, sha1 } from '../lua/library.ts'
import { parseLua } from '../lua/parser.ts'
import { type ScriptTrouble, scriptError } from '../wording.ts'

const NO_SCRIPT = 'NOSCRIPT No matching script. Please use EVAL.'
/** Bytes of a script that go into its event; the whole is kept as artifact when it is longer. */
const SHOWN = 4096

export const scriptingCommands: CommandTable = {
  eval: (client, args, _name, run) => evaluate(client, args[0], args, run),
  eval_ro: (client, args, _name, run) => evaluate(client, args[0], args, run),
  evalsha: (client, args, _name, run) => evaluateKnown(client, args, run),
  evalsha_ro: (client, args, _name, run) => evaluateKnown(client, args, run),
  'script|load': (client, [text]) => {
    compile(client, text)
    const hash = sha1(text)
    client.server.keepScript(hash, text)
    record(client, hash, text, 'loaded')
    return hash
  },
  'script|exists': ({ server }, hashes) => hashes.map((hash) => (server.scripts.has(hash.toLowerCase()) ? 1 : 0)),
  'script|flush': ({ server }) => {
    server.forgetScripts()
    return OK
  },
  'script|kill': () => failure('NOTBUSY No scripts in execution right now.'),
  'script|debug': () => OK,
  fcall: () => failure('ERR Function not found'),
  fcall_ro: () => failure('ERR Function not found'),
  'function|list': () => [],
  'function|load': (client, words) => {
    const text = words.at(-1) as string
    record(client, sha1(text), text, 'function')
    const engine = /^#!\s{0,4}(\w{1,32})/.exec(text)?.[1]
    if (!engine) throw new CommandError('ERR Missing library metadata')
    if (engine.toLowerCase() !== 'lua') throw new CommandError(`ERR Engine '${engine}' not found`)
    const name = /\bname=(\w{1,64})/.exec(text)?.[1]
    if (!name) throw new CommandError('ERR Library name was not given')
    return name
  },
  'function|delete': () => failure('ERR Library not found'),
  'function|dump': () => null,
  'function|flush': () => OK,
  'function|kill': () => failure('NOTBUSY No scripts in execution right now.'),
  'function|restore': () => failure('ERR DUMP payload version or checksum are wrong'),
  'function|stats': () => ({
    map: [
      ['running_script', null],
      [
        'engines',
        {
          map: [
            [
              'LUA',
              {
                map: [
                  ['libraries_count', 0],
                  ['functions_count', 0],
                ],
              },
            ],
          ],
        },
      ],
    ],
  }),
}

function evaluateKnown(client: RedisClient, args: Args, run: Run): Promise<Reply> {
  const text = client.server.scripts.get(args[0].toLowerCase())
  if (text === undefined) throw new CommandError(NO_SCRIPT)
  return evaluate(client, text, args, run)
}

async function evaluate(client: RedisClient, text: string, [, numkeys, ...rest]: Args, run: Run): Promise<Reply> {
  const keys = integer(numkeys)
  if (keys < 0) throw new CommandError("ERR Number of keys can't be negative")
  if (keys > rest.length) throw new CommandError("ERR Number of keys can't be greater than number of args")
  const hash = sha1(text)
  const chunk = compile(client, text)
  client.server.keepScript(hash, text)
  const globals = baseLibrary()
  globals.set('KEYS', LuaTable.from(rest.slice(0, keys)))
  globals.set('ARGV', LuaTable.from(rest.slice(keys)))
  globals.set('redis', redisLibrary(client, run))
  if (client.profile.luaSandboxEscape) globals.set('package', packageLibrary(client))
  const lua = new LuaInterpreter(globals)
  globals.set('loadstring', ([source]: LuaValue[]) => {
    const compiled = compile(client, toText(source))
    return [async () => [await lua.run(compiled)]]
  })
  try {
    const value = await lua.run(chunk)
    record(client, hash, text, 'ran')
    return toReply(value)
  } catch (error) {
    if (!(error instanceof LuaError)) throw error
    record(client, hash, text, error.message)
    throw new CommandError(explain(client, hash, error))
  }
}

function compile({ profile }: RedisClient, text: string): ReturnType<typeof parseLua> {
  try {
    return parseLua(text)
  } catch (error) {
    if (!(error instanceof LuaSyntaxError)) throw error
    const end = profile.release.major === 5 ? ' ' : ''
    throw new CommandError(`ERR Error compiling script (new function): user_script:${error.line}: ${error.message}${end}`)
  }
}

function record({ visit }: RedisClient, hash: string, text: string, outcome: string): void {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.length > SHOWN) visit.capture(bytes, { how: 'redis.script', name: `${hash}.lua` })
  visit.record('redis.script', { sha1: hash, text: evidence(bytes.subarray(0, SHOWN)), outcome: outcome.slice(0, 256) })
}

/** A refusal inside redis.call(), on its way up through the script. */
class CallRefused extends LuaError {
  readonly trouble: ScriptTrouble

  constructor(trouble: ScriptTrouble, message: string, line: number) {
    super(LuaTable.of({ err: message }), line)
    this.trouble = trouble
  }
}

function explain({ profile }: RedisClient, hash: string, error: LuaError): string {
  const { major } = profile.release
  if (error instanceof CallRefused) return scriptError(major, hash, error.trouble, error.line)
  if (error.rule) return scriptError(major, hash, { is: error.rule, name: error.message }, error.line)
  if (error.value instanceof LuaTable) return toText(error.value.get('err'))
  return scriptError(major, hash, { is: 'lua', message: toText(error.value) }, Math.max(1, error.line))
}

function redisLibrary(client: RedisClient, run: Run): LuaTable {
  const { release } = client.profile
  const call: LuaFunction = async (args, line) => {
    const words = args.map(toText)
    if (words.length === 0) throw new LuaError('Please specify at least one argument for this redis.call() call', line)
    const outcome = await run(words, { fromScript: true })
    if (outcome.refused === 'unknown') throw new CallRefused({ is: 'unknown-command' }, 'ERR unknown command', line)
    if (outcome.refused === 'arity') throw new CallRefused({ is: 'wrong-arity' }, 'ERR wrong number of arguments', line)
    if (outcome.refused === 'forbidden') throw new CallRefused({ is: 'not-allowed' }, 'ERR not allowed from script', line)
    if (outcome.error !== undefined) throw new CallRefused({ is: 'command', message: outcome.error }, outcome.error, line)
    return [toLua(outcome.reply)]
  }
  const pcall: LuaFunction = async (args, line) => {
    try {
      return await call(args, line)
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error
      return [error.value]
    }
  }
  return LuaTable.of({
    call,
    pcall,
    sha1hex: ([text]: LuaValue[]) => [sha1(toText(text))],
    error_reply: ([text]: LuaValue[]) => [LuaTable.of({ err: toText(text) })],
    status_reply: ([text]: LuaValue[]) => [LuaTable.of({ ok: toText(text) })],
    log: () => [],
    setresp: () => [],
    replicate_commands: () => [true],
    breakpoint: () => [false],
    LOG_DEBUG: 0,
    LOG_VERBOSE: 1,
    LOG_NOTICE: 2,
    LOG_WARNING: 3,
    ...(release.major >= 7 ? { REDIS_VERSION: release.version, REDIS_VERSION_NUM: 0x07000f } : {}),
  })
}

/**
 * CVE-2022-0543: Debian linked Lua dynamically and forgot to take `package` out of the sandbox, so a script loads Lua's
 * own io library and runs commands. Ours are run by the simulated host.
 */
function packageLibrary(client: RedisClient): LuaTable {
  client.visit.tag('note:lua-package')
  const popen: LuaFunction = async ([command]) => [fileOf(await run(toText(command)))]
  const execute: LuaFunction = async ([command]) => {
    await run(toText(command))
    return [0]
  }
  const run = (command: string): Promise<string> => {
    client.visit.tag('cve:CVE-2022-0543')
    return runOnHost(client, 'io.popen', command)
  }
  const open: Record<string, LuaTable> = {
    luaopen_io: LuaTable.of({ popen }),
    luaopen_os: LuaTable.of({ execute, time: () => [Math.floor(Date.now() / 1000)] }),
  }
  const loadlib: LuaFunction = ([, symbol]) => {
    const library = open[toText(symbol)]
    return library ? [() => [library]] : [undefined, 'cannot open shared object file: No such file or directory', 'open']
  }
  return LuaTable.of({ loadlib, path: './?.lua;/usr/share/lua/5.1/?.lua', cpath: './?.so;/usr/lib/x86_64-linux-gnu/lua/5.1/?.so' })
}

function fileOf(output: string): LuaTable {
  let rest = output
  const read: LuaFunction = ([, how]) => {
    if (typeof how === 'string' && /^\*?a/.test(how)) {
      const all = rest
      rest = ''
      return [all]
    }
    if (!rest) return [undefined]
    const [line = ''] = rest.split('\n', 1)
    rest = rest.slice(line.length + 1)
    return [line]
  }
  return LuaTable.of({ read, lines: () => [() => read([], 1)], close: () => [true] })
}

function toLua(reply: Reply): LuaValue {
  if (reply === null) return false
  if (typeof reply === 'string' || typeof reply === 'number') return reply
  if (typeof reply === 'bigint') return Number(reply)
  if (Array.isArray(reply)) return LuaTable.from(reply.map(toLua))
  if ('simple' in reply) return LuaTable.of({ ok: reply.simple })
  if ('error' in reply) return LuaTable.of({ err: reply.error })
  if ('map' in reply) return LuaTable.from((reply.map.flat() as Reply[]).map(toLua))
  if ('set' in reply) return LuaTable.from(reply.set.map(toLua))
  if ('double' in reply) return String(reply.double)
  return 'verbatim' in reply ? reply.verbatim : false
}

function toReply(value: LuaValue, depth = 0): Reply {
  if (depth > 50) return failure('ERR reached lua stack limit')
  if (value === undefined || value === false || typeof value === 'function') return null
  if (value === true) return 1
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : Number.MIN_SAFE_INTEGER
  if (typeof value === 'string') return value
  const [err, ok] = [value.get('err'), value.get('ok')]
  if (typeof err === 'string') return failure(err)
  if (typeof ok === 'string') return { simple: ok }
  return value.list().map((one) => toReply(one, depth + 1))
}
