import { evidence } from '../../events/bytes.ts'
import type { RedisClient } from './client.ts'
import type { Request } from './codec.ts'

/** Bytes from which any value is worth keeping. */
const LARGE = 4096
/** Bytes of a value that are looked at. */
const LOOKED_AT = 64 * 1024
const URLS = 16

/** What values of attacks look like. Bounded repetitions only: the text is the attacker's. */
const KINDS: [kind: string, pattern: RegExp, tag?: string][] = [
  ['crontab', /(?:^|\n)[ \t]{0,8}(?:(?:[\d*][\d*/,-]{0,16}[ \t]{1,4}){5}|@(?:reboot|hourly|daily)[ \t])\S/, 'attack:T1053.003'],
  ['ssh-key', /(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d{3}) AAAA/, 'attack:T1098.004'],
  ['php', /<\?(?:php|=)/i, 'attack:T1505.003'],
  ['jsp', /<%@?[ =!]/, 'attack:T1505.003'],
  ['elf', /^\x7fELF/],
  ['pe', /^MZ[\s\S]{0,256}This program/],
  ['script', /^\s{0,8}#!\s{0,4}\/\S/],
  ['java-object', /^\xac\xed\x00\x05/],
  ['downloader', /\b(?:curl|wget|cd1|wd1|tftp|ftpget)\b[^\n]{0,200}(?:https?|ftp):\/\//],
]

/** Commands whose arguments can carry a payload in. */
const CARRIERS =
  /^(set|setex|psetex|setnx|getset|append|mset|msetnx|setrange|lpush|rpush|hset|hmset|sadd|zadd|xadd|restore|publish|config)$/i

/**
 * Keeps what an argument brings: cron lines, keys, web shells, executables, anything large. The value is stored once as
 * artifact; URLs in it become indicators.
 */
export function keepPayloads(client: RedisClient, { args, cut }: Request): void {
  const [command = '', key = ''] = args
  if (!CARRIERS.test(command)) return
  for (const [i, value] of args.entries()) {
    const whole = cut.find(({ index }) => index === i)
    if (i < 2 && !whole) continue
    const kinds = kindsOf(value)
    if (kinds.length === 0) continue
    keep(client, command.toLowerCase(), key, value, kinds, whole)
  }
}

export function kindsOf(value: string): string[] {
  const head = value.slice(0, LOOKED_AT)
  const kinds = KINDS.filter(([, pattern]) => pattern.test(head)).map(([kind]) => kind)
  return value.length >= LARGE ? [...kinds, 'large'] : kinds
}

export function urlsOf(value: string): string[] {
  return [...new Set(value.slice(0, LOOKED_AT).match(/(?:https?|ftp):\/\/[^\s'"|;<>`\\()]{1,300}/gi) ?? [])].slice(0, URLS)
}

function keep(
  { visit }: RedisClient,
  command: string,
  key: string,
  value: string,
  kinds: string[],
  whole: { length: number; sha256: string } | undefined,
): void {
  const name = evidence(Buffer.from(key.slice(0, 256), 'latin1'))
  const artifact = visit.capture(Buffer.from(value, 'latin1'), { how: `redis.${command}`, name })
  const urls = urlsOf(value)
  for (const url of urls) visit.record('indicator', { kind: 'url', value: url, how: `redis.${command}` })
  const tags = KINDS.filter(([kind, , tag]) => tag && kinds.includes(kind)).map(([, , tag]) => tag as string)
  visit.record(
    'redis.payload',
    { key: name, command, kinds, sha256: whole?.sha256 ?? artifact.sha256, size: whole?.length ?? artifact.size, urls },
    tags,
  )
}
