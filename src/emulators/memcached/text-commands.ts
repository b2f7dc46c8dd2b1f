import { expiryOf, type Item, LARGEST_VALUE } from './cache.ts'
import { KEY_BYTES } from './codec.ts'
import type { Conversation } from './conversation.ts'
import { metaCommand } from './meta-commands.ts'
import { added, BAD_FORMAT, ERROR, replaceNumber, silent, swallow, type TextReply } from './replies.ts'
import { cachedump, generalStats, itemStats, metadump, type StatLines, settingStats, slabStats } from './stats.ts'

const END = 'END\r\n'
const MOST_KEYS = 200

/** Does one line of the text protocol, reading its data when it has some. */
export async function textCommand(conversation: Conversation, line: Buffer): Promise<TextReply> {
  const words = line.toString('latin1').split(' ').filter(Boolean)
  const [name = '', ...args] = words
  if (/^m[gsdane]$/.test(name)) return metaCommand(conversation, name, args)
  switch (name) {
    case 'get':
    case 'gets':
      return retrieve(conversation, name, args)
    case 'gat':
    case 'gats':
      return args.length < 2 ? ERROR : retrieve(conversation, name, args.slice(1), args[0])
    case 'set':
    case 'add':
    case 'replace':
    case 'append':
    case 'prepend':
    case 'cas':
      return store(conversation, name, args)
    case 'incr':
    case 'decr':
      return arithmetic(conversation, name, args)
    case 'delete':
      return remove(conversation, args)
    case 'touch':
      return touch(conversation, args)
    case 'stats':
      return stats(conversation, args)
    case 'version':
      conversation.note('text', name, undefined)
      return `VERSION ${conversation.server.version}\r\n`
    case 'flush_all':
      return flush(conversation, args)
    case 'verbosity':
      return args.length === 0 ? ERROR : silent(args, 'OK\r\n')
    case 'quit':
      return 'CLOSE'
    case 'lru_crawler':
      return crawler(conversation, args)
    case 'slabs':
      conversation.note('text', name, undefined, { argument: args.join(' ') })
      return args[0] === 'reassign' ? 'NOSPARE source class has no spare pages\r\n' : args.length >= 2 ? 'OK\r\n' : ERROR
    case 'shutdown':
      conversation.note('text', name, undefined)
      return 'ERROR: shutdown not enabled\r\n'
    case 'watch':
      return 'OK\r\n'
  }
  conversation.note('text', name.slice(0, 64), undefined, { argument: args.join(' ') })
  // What a browser sends is no command: it is hung up on.
  return args.length >= 1 && args.at(-1)?.startsWith('HTTP/') ? 'CLOSE' : ERROR
}

function retrieve(conversation: Conversation, name: string, keys: readonly string[], expiry?: string): TextReply {
  const { cache } = conversation
  if (keys.length === 0) return ERROR
  if (keys.some((key) => key.length > KEY_BYTES)) return BAD_FORMAT
  const parts: Buffer[] = []
  for (const key of keys.slice(0, MOST_KEYS)) {
    const item = cache.find(key)
    cache.count('cmd_get')
    cache.count(item ? 'get_hits' : 'get_misses')
    if (expiry !== undefined) cache.count('cmd_touch')
    conversation.note('text', name, key, { found: item !== undefined })
    if (!item) continue
    item.fetched = true
    item.accessed = Math.floor(Date.now() / 1000)
    if (expiry !== undefined) item.expires = expiryOf(Number(expiry) || 0)
    const cas = name.endsWith('s') ? ` ${item.cas}` : ''
    parts.push(Buffer.from(`VALUE ${key} ${item.flags} ${item.value.length}${cas}\r\n`, 'latin1'), item.value, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from(END)])
}

const whole = (text: string | undefined): number | undefined => (text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : undefined)

async function store(conversation: Conversation, name: string, args: readonly string[]): Promise<TextReply> {
  const { cache, source } = conversation
  const least = name === 'cas' ? 5 : 4
  if (args.length < least) return ERROR
  const [key = '', flagText, expiryText, lengthText, casText] = args
  const [flags, expiry, length] = [whole(flagText), whole(expiryText), whole(lengthText)]
  if (flags === undefined || expiry === undefined || length === undefined || length < 0 || flags < 0 || flags > 0xffffffff)
    return BAD_FORMAT
  if (key.length > KEY_BYTES) return BAD_FORMAT
  if (length > LARGEST_VALUE) {
    cache.count('store_too_large')
    cache.delete(key)
    conversation.note('text', name, key, { argument: `${length} bytes` })
    await swallow(conversation, length + 2)
    return silent(args, 'SERVER_ERROR object too large for cache\r\n')
  }
  const data = await source.exactly(length + 2)
  if (data.readUInt16BE(length) !== 0x0d0a) return silent(args, 'CLIENT_ERROR bad data chunk\r\n')
  const value = data.subarray(0, length)
  const known = cache.find(key)
  cache.count('cmd_set')
  conversation.note('text', name, key, { value })
  return silent(args, `${stored(conversation, name, { key, flags, expires: expiryOf(expiry), value, known, cas: casText })}\r\n`)
}

interface Storing {
  key: string
  flags: number
  expires: number
  value: Buffer
  known: Item | undefined
  cas: string | undefined
}

function stored({ cache }: Conversation, name: string, { key, flags, expires, value, known, cas }: Storing): string {
  switch (name) {
    case 'add':
      if (known) return 'NOT_STORED'
      break
    case 'replace':
      if (!known) return 'NOT_STORED'
      break
    case 'append':
    case 'prepend': {
      if (!known) return 'NOT_STORED'
      const joined = Buffer.concat(name === 'append' ? [known.value, value] : [value, known.value])
      if (joined.length > LARGEST_VALUE) return 'SERVER_ERROR object too large for cache'
      cache.put(key, joined, known.flags, known.expires)
      return 'STORED'
    }
    case 'cas':
      if (!known) {
        cache.count('cas_misses')
        return 'NOT_FOUND'
      }
      if (String(known.cas) !== cas) {
        cache.count('cas_badval')
        return 'EXISTS'
      }
      cache.count('cas_hits')
  }
  cache.put(key, value, flags, expires)
  return 'STORED'
}

function arithmetic(conversation: Conversation, name: 'incr' | 'decr', args: readonly string[]): TextReply {
  const { cache } = conversation
  const [key, delta] = args
  if (key === undefined || delta === undefined) return ERROR
  if (key.length > KEY_BYTES) return BAD_FORMAT
  if (!/^\d{1,20}$/.test(delta)) return 'CLIENT_ERROR invalid numeric delta argument\r\n'
  const item = cache.find(key)
  conversation.note('text', name, key, { argument: delta, found: item !== undefined })
  cache.count(`${name}_${item ? 'hits' : 'misses'}`)
  if (!item) return silent(args, 'NOT_FOUND\r\n')
  const value = added(item, BigInt(delta), name === 'incr')
  if (value === undefined) return silent(args, 'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n')
  replaceNumber(cache, item, value)
  return silent(args, `${value}\r\n`)
}

function remove(conversation: Conversation, args: readonly string[]): TextReply {
  const [key] = args
  if (key === undefined) return ERROR
  if (key.length > KEY_BYTES) return BAD_FORMAT
  if (args.length > 1 && args[1] !== '0' && args[1] !== 'noreply')
    return 'CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n'
  const found = conversation.cache.find(key) !== undefined && conversation.cache.delete(key)
  conversation.cache.count(found ? 'delete_hits' : 'delete_misses')
  conversation.note('text', 'delete', key, { found })
  return silent(args, found ? 'DELETED\r\n' : 'NOT_FOUND\r\n')
}

function touch(conversation: Conversation, args: readonly string[]): TextReply {
  const [key, expiry] = args
  if (key === undefined || expiry === undefined) return ERROR
  if (whole(expiry) === undefined) return 'CLIENT_ERROR invalid exptime argument\r\n'
  const item = conversation.cache.find(key)
  conversation.cache.count('cmd_touch')
  conversation.cache.count(item ? 'touch_hits' : 'touch_misses')
  conversation.note('text', 'touch', key, { found: item !== undefined })
  if (item) item.expires = expiryOf(Number(expiry))
  return silent(args, item ? 'TOUCHED\r\n' : 'NOT_FOUND\r\n')
}

function flush(conversation: Conversation, args: readonly string[]): TextReply {
  const [when] = args
  if (when !== undefined && when !== 'noreply' && whole(when) === undefined) return 'CLIENT_ERROR invalid exptime argument\r\n'
  conversation.note('text', 'flush_all', undefined, { argument: args.join(' ') })
  conversation.cache.count('cmd_flush')
  conversation.cache.clear()
  return silent(args, 'OK\r\n')
}

function stats(conversation: Conversation, args: readonly string[]): TextReply {
  const { cache, server, port } = conversation
  const [what, first, second] = args
  conversation.note('text', 'stats', undefined, args.length ? { argument: args.join(' ') } : {})
  switch (what) {
    case undefined:
      return listed(generalStats(server, cache))
    case 'settings':
      return listed(settingStats(port))
    case 'items':
      return listed(itemStats(cache))
    case 'slabs':
      return listed(slabStats(cache))
    case 'sizes':
      return listed([['sizes_status', 'disabled']])
    case 'conns':
      return listed(connections(conversation))
    case 'reset':
      cache.counters.clear()
      return 'RESET\r\n'
    case 'detail':
      return first === 'dump' ? END : 'OK\r\n'
    case 'cachedump': {
      const [slab, limit] = [whole(first), whole(second)]
      return slab === undefined || limit === undefined || limit < 0
        ? 'CLIENT_ERROR bad command line\r\n'
        : `${cachedump(cache, slab, limit)}${END}`
    }
    default:
      return ERROR
  }
}

function listed(lines: StatLines): string {
  return `${lines.map(([name, value]) => `STAT ${name} ${value}\r\n`).join('')}${END}`
}

function connections({ port, witness }: Conversation): StatLines {
  const listening = [
    ['addr', `tcp:0.0.0.0:${port}`],
    ['state', 'conn_listening'],
    ['secs_since_last_cmd', '3020'],
  ]
  const own = [
    ['addr', `tcp:${witness.source.ip}:${witness.source.port}`],
    ['listen_addr', `tcp:${witness.local.ip}:${port}`],
    ['state', 'conn_parse_cmd'],
    ['secs_since_last_cmd', '0'],
  ]
  return [...listening.map(([name, value]) => [`22:${name}`, value]), ...own.map(([name, value]) => [`28:${name}`, value])] as StatLines
}

function crawler(conversation: Conversation, args: readonly string[]): TextReply {
  const [what] = args
  conversation.note('text', 'lru_crawler', undefined, { argument: args.join(' ') })
  if (what === 'metadump' && args.length > 1) return `${metadump(conversation.cache)}${END}`
  if (what === 'enable') return 'ERROR failed to start lru crawler thread\r\n'
  return args.length > 1 ? 'OK\r\n' : ERROR
}
