import { expiryOf, type Item, LARGEST_VALUE, sizeOf } from './cache.ts'
import { KEY_BYTES } from './codec.ts'
import type { Conversation } from './conversation.ts'
import { added, BAD_FORMAT, ERROR, replaceNumber, swallow, type TextReply } from './replies.ts'
import { slabOf } from './stats.ts'

/** Flags of a meta command: a letter each, some with a token behind it. */
class Flags {
  readonly #flags: ReadonlyMap<string, string>
  readonly order: readonly string[]

  constructor(words: readonly string[]) {
    this.#flags = new Map(words.map((word) => [word[0] as string, word.slice(1)]))
    this.order = words
  }

  has(flag: string): boolean {
    return this.#flags.has(flag)
  }

  /** Token of a flag; undefined when it is not there. */
  token(flag: string): string | undefined {
    return this.#flags.get(flag)
  }

  number(flag: string, otherwise = 0): number {
    const token = this.#flags.get(flag)
    return token !== undefined && /^-?\d{1,10}$/.test(token) ? Number(token) : otherwise
  }
}

/** mg, ms, md, ma, mn, me: the protocol that replaces the binary one. */
export async function metaCommand(conversation: Conversation, name: string, args: readonly string[]): Promise<TextReply> {
  if (name === 'mn') return 'MN\r\n'
  const [key] = args
  if (key === undefined) return ERROR
  if (key.length > KEY_BYTES) return BAD_FORMAT
  conversation.cache.count('cmd_meta')
  switch (name) {
    case 'mg':
      return metaGet(conversation, key, new Flags(args.slice(1)))
    case 'ms':
      return metaSet(conversation, key, args)
    case 'md':
      return metaDelete(conversation, key, new Flags(args.slice(1)))
    case 'ma':
      return metaArithmetic(conversation, key, new Flags(args.slice(1)))
    default:
      return metaDebug(conversation, key)
  }
}

const now = (): number => Math.floor(Date.now() / 1000)

/** The flags that come back, in the order in which they were asked for. */
function returned(flags: Flags, key: string, item: Item | undefined): string {
  let text = ''
  for (const word of flags.order) {
    switch (word[0]) {
      case 'O':
        text += ` ${word}`
        break
      case 'k':
        text += ` k${key}`
        break
      case 'c':
        if (item) text += ` c${item.cas}`
        break
      case 'f':
        if (item) text += ` f${item.flags}`
        break
      case 's':
        if (item) text += ` s${item.value.length}`
        break
      case 't':
        if (item) text += ` t${item.expires === 0 ? -1 : item.expires - now()}`
        break
      case 'h':
        if (item) text += ` h${item.fetched ? 1 : 0}`
        break
      case 'l':
        if (item) text += ` l${now() - item.accessed}`
        break
    }
  }
  return text
}

function valueReply(flags: Flags, key: string, item: Item): Buffer {
  const head = `VA ${item.value.length}${returned(flags, key, item)}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), item.value, Buffer.from('\r\n')])
}

function metaGet(conversation: Conversation, key: string, flags: Flags): TextReply {
  const { cache } = conversation
  let item = cache.find(key)
  conversation.note('text', 'mg', key, { found: item !== undefined })
  cache.count('cmd_get')
  cache.count(item ? 'get_hits' : 'get_misses')
  if (!item && flags.has('N')) item = cache.put(key, Buffer.alloc(0), 0, expiryOf(flags.number('N')))
  if (!item) return flags.has('q') ? '' : 'EN\r\n'
  if (flags.has('T')) item.expires = expiryOf(flags.number('T'))
  const reply = flags.has('v') ? valueReply(flags, key, item) : `HD${returned(flags, key, item)}\r\n`
  item.fetched = true
  item.accessed = now()
  return reply
}

async function metaSet(conversation: Conversation, key: string, args: readonly string[]): Promise<TextReply> {
  const { cache, source } = conversation
  if (args[1] === undefined) return ERROR
  if (!/^\d{1,10}$/.test(args[1])) return BAD_FORMAT
  const length = Number(args[1])
  const flags = new Flags(args.slice(2))
  if (length > LARGEST_VALUE) {
    await swallow(conversation, length + 2)
    return 'SERVER_ERROR object too large for cache\r\n'
  }
  const data = await source.exactly(length + 2)
  if (data.readUInt16BE(length) !== 0x0d0a) return 'CLIENT_ERROR bad data chunk\r\n'
  const value = data.subarray(0, length)
  conversation.note('text', 'ms', key, { value })
  cache.count('cmd_set')
  const known = cache.find(key)
  const mode = (flags.token('M') ?? 'S').toUpperCase()[0]
  if (flags.has('C') && known && String(known.cas) !== flags.token('C')) return 'EX\r\n'
  if (flags.has('C') && !known) return 'NF\r\n'
  if ((mode === 'E' && known) || (['A', 'P', 'R'].includes(mode as string) && !known)) return 'NS\r\n'
  const whole =
    mode === 'A' && known ? Buffer.concat([known.value, value]) : mode === 'P' && known ? Buffer.concat([value, known.value]) : value
  if (whole.length > LARGEST_VALUE) return 'SERVER_ERROR object too large for cache\r\n'
  const item = cache.put(key, whole, flags.has('F') ? flags.number('F') : 0, expiryOf(flags.number('T')))
  return flags.has('q') ? '' : `HD${returned(flags, key, item)}\r\n`
}

function metaDelete(conversation: Conversation, key: string, flags: Flags): TextReply {
  const item = conversation.cache.find(key)
  conversation.note('text', 'md', key, { found: item !== undefined })
  conversation.cache.count(item ? 'delete_hits' : 'delete_misses')
  // Quiet hides success alone.
  if (!item) return `NF${returned(flags, key, undefined)}\r\n`
  if (flags.has('C') && String(item.cas) !== flags.token('C')) return 'EX\r\n'
  conversation.cache.delete(key)
  return flags.has('q') ? '' : `HD${returned(flags, key, undefined)}\r\n`
}

function metaArithmetic(conversation: Conversation, key: string, flags: Flags): TextReply {
  const { cache } = conversation
  const isIncrement = !/^[Dd-]/.test(flags.token('M') ?? 'I')
  let item = cache.find(key)
  conversation.note('text', 'ma', key, { found: item !== undefined })
  if (!item) {
    if (!flags.has('N')) return flags.has('q') ? '' : 'NF\r\n'
    item = cache.put(key, Buffer.from(String(flags.number('J'))), 0, expiryOf(flags.number('N')))
  } else {
    const value = added(item, BigInt(Math.max(0, flags.number('D', 1))), isIncrement)
    if (value === undefined) return 'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n'
    replaceNumber(cache, item, value)
  }
  return flags.has('v') ? valueReply(flags, key, item) : flags.has('q') ? '' : `HD${returned(flags, key, item)}\r\n`
}

function metaDebug(conversation: Conversation, key: string): TextReply {
  const item = conversation.cache.find(key)
  conversation.note('text', 'me', key, { found: item !== undefined })
  if (!item) return 'EN\r\n'
  const size = sizeOf(item)
  return `ME ${key} exp=${item.expires === 0 ? -1 : item.expires - now()} la=${now() - item.accessed} cas=${item.cas} fetch=${item.fetched ? 'yes' : 'no'} cls=${slabOf(size).id} size=${size}\r\n`
}
