import { evidence } from '../../events/bytes.ts'
import { expiryOf, type Item, LARGEST_VALUE } from './cache.ts'
import { type BinaryRequest, type BinaryResponse, encodeResponse, KEY_BYTES } from './codec.ts'
import type { Conversation } from './conversation.ts'
import { added, replaceNumber } from './replies.ts'
import { generalStats, itemStats, type StatLines, settingStats, slabStats } from './stats.ts'

const STATUS = { ok: 0, notFound: 1, exists: 2, tooLarge: 3, invalid: 4, notStored: 5, notNumber: 6, unknown: 0x81 } as const
const WORDS: Record<number, string> = {
  1: 'Not found',
  2: 'Data exists for key.',
  3: 'Too large.',
  4: 'Invalid arguments',
  5: 'Not stored.',
  6: 'Non-numeric server-side value for incr or decr',
  129: 'Unknown command',
}

/** Quiet commands say nothing where all is as expected; each is another command with less to say. */
const QUIET: Record<number, number> = {
  9: 0x00,
  13: 0x0c,
  17: 0x01,
  18: 0x02,
  19: 0x03,
  20: 0x04,
  21: 0x05,
  22: 0x06,
  23: 0x07,
  24: 0x08,
  25: 0x0e,
  26: 0x0f,
  30: 0x1d,
}
const NAMES: Record<number, string> = {
  0: 'get',
  1: 'set',
  2: 'add',
  3: 'replace',
  4: 'delete',
  5: 'incr',
  6: 'decr',
  7: 'quit',
  8: 'flush',
  10: 'noop',
  11: 'version',
  12: 'getk',
  14: 'append',
  15: 'prepend',
  16: 'stat',
  28: 'touch',
  29: 'gat',
  33: 'sasl-auth',
}

type Answer = Omit<BinaryResponse, 'opcode' | 'opaque'>

/** Answers one packet; undefined when the client is hung up on. */
export function binaryCommand(conversation: Conversation, request: BinaryRequest): Buffer | undefined {
  const { opcode, opaque } = request
  const plain = QUIET[opcode]
  const name = NAMES[plain ?? opcode]
  if (name === 'quit') return plain === undefined ? encodeResponse({ opcode, opaque, status: STATUS.ok }) : undefined
  // A header that no command has is answered like an unknown command, and the connection ends.
  if (request.keyLength > KEY_BYTES) return undefined
  const answer = (given: Answer): Buffer =>
    encodeResponse({ opcode, opaque, ...(given.status ? { ...given, value: Buffer.from(WORDS[given.status] ?? '') } : given) })
  if (name === 'stat') return stats(conversation, request, opcode)
  const given = act(conversation, name, request)
  const isExpected =
    given.status === STATUS.ok
      ? name !== 'get' && name !== 'getk' && name !== 'gat'
      : given.status === STATUS.notFound && (name === 'get' || name === 'getk' || name === 'gat')
  return plain !== undefined && isExpected ? Buffer.alloc(0) : answer(given)
}

function act(conversation: Conversation, name: string | undefined, request: BinaryRequest): Answer {
  const { cache, server } = conversation
  const key = request.key.toString('latin1')
  switch (name) {
    case 'get':
    case 'getk':
    case 'gat':
    case 'touch':
      return retrieve(conversation, name, key, request)
    case 'set':
    case 'add':
    case 'replace':
      return store(conversation, name, key, request)
    case 'append':
    case 'prepend':
      return join(conversation, name, key, request)
    case 'delete': {
      const item = cache.find(key)
      conversation.note('binary', name, key, { found: item !== undefined })
      cache.count(item ? 'delete_hits' : 'delete_misses')
      if (!item) return { status: STATUS.notFound }
      if (request.cas && request.cas !== item.cas) return { status: STATUS.exists }
      cache.delete(key)
      return { status: STATUS.ok }
    }
    case 'incr':
    case 'decr':
      return arithmetic(conversation, name, key, request)
    case 'flush':
      conversation.note('binary', name, undefined)
      cache.count('cmd_flush')
      cache.clear()
      return { status: STATUS.ok }
    case 'noop':
      return { status: STATUS.ok }
    case 'version':
      conversation.note('binary', name, undefined)
      return { status: STATUS.ok, value: Buffer.from(server.version) }
    case 'sasl-auth':
      // Not built in here, so unknown; but what was shown is kept.
      conversation.witness.record('memcached.sasl', { mechanism: evidence(request.key) })
      recordPlain(conversation, request)
      return { status: STATUS.unknown }
    default:
      conversation.note('binary', `0x${request.opcode.toString(16)}`, undefined)
      return { status: STATUS.unknown }
  }
}

/** RFC 4616: authorization identity NUL user NUL password. */
function recordPlain({ witness }: Conversation, { value }: BinaryRequest): void {
  const first = value.indexOf(0)
  const second = first < 0 ? -1 : value.indexOf(0, first + 1)
  if (second < 0) return
  witness.login({
    method: 'memcached-sasl-plain',
    username: evidence(value.subarray(first + 1, second)),
    password: evidence(value.subarray(second + 1)),
    accepted: false,
  })
}

function retrieve(conversation: Conversation, name: 'get' | 'getk' | 'gat' | 'touch', key: string, { extras }: BinaryRequest): Answer {
  const { cache } = conversation
  const item = cache.find(key)
  conversation.note('binary', name, key, { found: item !== undefined })
  cache.count(name === 'touch' ? 'cmd_touch' : 'cmd_get')
  cache.count(name === 'touch' ? (item ? 'touch_hits' : 'touch_misses') : item ? 'get_hits' : 'get_misses')
  if (!item) return { status: STATUS.notFound }
  if (name === 'gat' || name === 'touch') {
    if (extras.length < 4) return { status: STATUS.invalid }
    item.expires = expiryOf(extras.readInt32BE())
  }
  item.fetched = true
  const flags = Buffer.alloc(4)
  flags.writeUInt32BE(item.flags >>> 0)
  return {
    status: STATUS.ok,
    cas: item.cas,
    extras: flags,
    ...(name === 'getk' && { key: Buffer.from(key, 'latin1') }),
    ...(name !== 'touch' && { value: item.value }),
  }
}

function store(conversation: Conversation, name: 'set' | 'add' | 'replace', key: string, { extras, value, cas }: BinaryRequest): Answer {
  const { cache } = conversation
  if (extras.length < 8 || key === '') return { status: STATUS.invalid }
  if (value.length > LARGEST_VALUE) return { status: STATUS.tooLarge }
  const known = cache.find(key)
  conversation.note('binary', name, key, { value })
  cache.count('cmd_set')
  if (cas && !known) return { status: STATUS.notFound }
  if ((cas && known?.cas !== cas) || (name === 'add' && known)) return { status: STATUS.exists }
  if (name === 'replace' && !known) return { status: STATUS.notFound }
  const item = cache.put(key, value, extras.readUInt32BE(), expiryOf(extras.readInt32BE(4)))
  return { status: STATUS.ok, cas: item.cas }
}

function join(conversation: Conversation, name: 'append' | 'prepend', key: string, { value }: BinaryRequest): Answer {
  const { cache } = conversation
  const known = cache.find(key)
  conversation.note('binary', name, key, { value })
  if (!known) return { status: STATUS.notStored }
  const whole = Buffer.concat(name === 'append' ? [known.value, value] : [value, known.value])
  if (whole.length > LARGEST_VALUE) return { status: STATUS.tooLarge }
  return { status: STATUS.ok, cas: cache.put(key, whole, known.flags, known.expires).cas }
}

function arithmetic(conversation: Conversation, name: 'incr' | 'decr', key: string, { extras }: BinaryRequest): Answer {
  const { cache } = conversation
  if (extras.length < 20) return { status: STATUS.invalid }
  let item: Item | undefined = cache.find(key)
  conversation.note('binary', name, key, { found: item !== undefined })
  cache.count(`${name}_${item ? 'hits' : 'misses'}`)
  if (!item) {
    const expiry = extras.readUInt32BE(16)
    // All ones: do not create it.
    if (expiry === 0xffffffff) return { status: STATUS.notFound }
    item = cache.put(key, Buffer.from(String(extras.readBigUInt64BE(8))), 0, expiryOf(expiry))
  } else {
    const value = added(item, extras.readBigUInt64BE(), name === 'incr')
    if (value === undefined) return { status: STATUS.notNumber }
    replaceNumber(cache, item, value)
  }
  const value = Buffer.alloc(8)
  value.writeBigUInt64BE(BigInt(item.value.toString('latin1').trimEnd()))
  return { status: STATUS.ok, cas: item.cas, value }
}

/** One packet a line, and an empty one at the end. */
function stats(conversation: Conversation, { key, opaque }: BinaryRequest, opcode: number): Buffer {
  const what = key.toString('latin1')
  conversation.note('binary', 'stat', undefined, { argument: what })
  const lines = statLines(conversation, what)
  if (!lines) return encodeResponse({ opcode, opaque, status: STATUS.notFound, value: Buffer.from(WORDS[STATUS.notFound] as string) })
  const packets = lines.map(([name, value]) =>
    encodeResponse({ opcode, opaque, status: STATUS.ok, key: Buffer.from(name), value: Buffer.from(value) }),
  )
  return Buffer.concat([...packets, encodeResponse({ opcode, opaque, status: STATUS.ok })])
}

function statLines({ cache, server, port }: Conversation, what: string): StatLines | undefined {
  switch (what) {
    case '':
      return generalStats(server, cache)
    case 'settings':
      return settingStats(port)
    case 'items':
      return itemStats(cache)
    case 'slabs':
      return slabStats(cache)
    default:
      return undefined
  }
}
