import { type Args, float, pairs } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import type { Reply } from '../codec.ts'
import { CommandError, syntaxError } from '../command-error.ts'
import type { Database } from '../database.ts'
import type { CommandTable } from '../handler.ts'
import { wrongArity } from '../wording.ts'

interface Point {
  longitude: number
  latitude: number
}

const BITS = 26
const LATITUDE = 85.05112878
/** Metres, as Redis takes them. */
const EARTH_RADIUS = 6_372_797.560856
const UNITS: Record<string, number> = { m: 1, km: 1000, ft: 0.3048, mi: 1609.34 }

/** Places are sorted sets whose scores are geohashes of 52 bits. */
export const geoCommands: CommandTable = {
  geoadd: ({ db }, [key, ...words], name) => {
    while (/^(nx|xx|ch)$/i.test(words[0] ?? '')) words.shift()
    if (words.length === 0 || words.length % 3) throw words.length % 3 ? new CommandError(wrongArity(name)) : syntaxError()
    const places: [string, number][] = []
    for (let i = 0; i < words.length; i += 3) {
      places.push([words[i + 2] as string, scoreOf(point(words[i] as string, words[i + 1] as string))])
    }
    const { scores } = db.open(key, 'zset')
    const before = scores.size
    for (const [member, score] of places) scores.set(member, score)
    db.changed(key)
    return scores.size - before
  },
  geopos: ({ db }, [key, ...members]) =>
    members.map((member): Reply => {
      const at = placeOf(db, key, member)
      return at ? [at.longitude.toFixed(17), at.latitude.toFixed(17)] : { noArray: true }
    }),
  geodist: ({ db }, [key, one, other, unit = 'm']) => {
    const [a, b] = [placeOf(db, key, one), placeOf(db, key, other)]
    return a && b ? (distance(a, b) / unitOf(unit)).toFixed(4) : null
  },
  geohash: ({ db }, [key, ...members]) =>
    members.map((member) => {
      const at = placeOf(db, key, member)
      return at ? geohash(at) : null
    }),
  georadius: (client, [key, longitude, latitude, radius, unit = '', ...options]) =>
    within(client, key, point(longitude, latitude), float(radius, 'ERR need numeric radius') * unitOf(unit), unit, options),
  georadius_ro: (client, [key, longitude, latitude, radius, unit = '', ...options]) =>
    within(client, key, point(longitude, latitude), float(radius, 'ERR need numeric radius') * unitOf(unit), unit, options),
  georadiusbymember: aroundMember,
  georadiusbymember_ro: aroundMember,
  geosearch: search,
  geosearchstore: ({ db }, [target]) => {
    db.delete(target)
    return 0
  },
}

function point(longitude: string, latitude: string): Point {
  const at = { longitude: float(longitude), latitude: float(latitude) }
  if (Math.abs(at.longitude) > 180 || Math.abs(at.latitude) > LATITUDE) {
    throw new CommandError(`ERR invalid longitude,latitude pair ${at.longitude.toFixed(6)},${at.latitude.toFixed(6)}`)
  }
  return at
}

function unitOf(unit: string): number {
  const metres = UNITS[unit.toLowerCase()]
  if (metres === undefined) throw new CommandError('ERR unsupported unit provided. please use M, KM, FT, MI')
  return metres
}

function scoreOf({ longitude, latitude }: Point): number {
  const x = BigInt(Math.floor(((longitude + 180) / 360) * 2 ** BITS))
  const y = BigInt(Math.floor(((latitude + LATITUDE) / (2 * LATITUDE)) * 2 ** BITS))
  let score = 0n
  for (let bit = BITS - 1; bit >= 0; bit--) score = (score << 2n) | (((x >> BigInt(bit)) & 1n) << 1n) | ((y >> BigInt(bit)) & 1n)
  return Number(score)
}

/** The middle of the cell that a score names. */
function placeOf(db: Database, key: string, member: string): Point | undefined {
  const score = db.get(key, 'zset')?.scores.get(member)
  return score === undefined || !Number.isSafeInteger(score) || score < 0 ? undefined : middleOf(BigInt(score))
}

function middleOf(score: bigint): Point {
  let [x, y] = [0n, 0n]
  for (let bit = BITS - 1; bit >= 0; bit--) {
    x = (x << 1n) | ((score >> BigInt(bit * 2 + 1)) & 1n)
    y = (y << 1n) | ((score >> BigInt(bit * 2)) & 1n)
  }
  return {
    longitude: ((Number(x) + 0.5) / 2 ** BITS) * 360 - 180,
    latitude: ((Number(y) + 0.5) / 2 ** BITS) * 2 * LATITUDE - LATITUDE,
  }
}

function distance(a: Point, b: Point): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180
  const u = Math.sin((radians(b.latitude) - radians(a.latitude)) / 2)
  const v = Math.sin((radians(b.longitude) - radians(a.longitude)) / 2)
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(u * u + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * v * v))
}

/** The textual geohash, which takes latitude from -90 to 90 and eleven letters. */
function geohash({ longitude, latitude }: Point): string {
  const alphabet = '0123456789bcdefghjkmnpqrstuvwxyz'
  const x = BigInt(Math.floor(((longitude + 180) / 360) * 2 ** BITS))
  const y = BigInt(Math.floor(((latitude + 90) / 180) * 2 ** BITS))
  let bits = 0n
  for (let bit = BITS - 1; bit >= 0; bit--) bits = (bits << 2n) | (((x >> BigInt(bit)) & 1n) << 1n) | ((y >> BigInt(bit)) & 1n)
  const letters = Array.from({ length: 10 }, (_, i) => alphabet[Number((bits >> BigInt(52 - (i + 1) * 5)) & 31n)])
  return `${letters.join('')}0`
}

function aroundMember(client: RedisClient, [key, member, radius, unit, ...options]: Args): Reply {
  const center = placeOf(client.db, key, member)
  if (!client.db.get(key, 'zset')) return []
  if (!center) throw new CommandError('ERR could not decode requested zset member')
  return within(client, key, center, float(radius, 'ERR need numeric radius') * unitOf(unit), unit, options)
}

function within({ db }: RedisClient, key: string, center: Point, radius: number, unit: string, options: readonly string[]): Reply {
  const has = (word: string): boolean => options.some((o) => o.toLowerCase() === word)
  const found = [...(db.get(key, 'zset')?.scores.keys() ?? [])].flatMap((member) => {
    const place = placeOf(db, key, member)
    const metres = place ? distance(center, place) : Number.POSITIVE_INFINITY
    return place && metres <= radius ? [{ member, place, metres }] : []
  })
  if (has('asc')) found.sort((a, b) => a.metres - b.metres)
  if (has('desc')) found.sort((a, b) => b.metres - a.metres)
  const countAt = options.findIndex((o) => /^count$/i.test(o))
  const most = countAt < 0 ? found.length : Number(options[countAt + 1])
  return found.slice(0, Math.max(0, most || 0)).map(({ member, place, metres }): Reply => {
    const details: Reply[] = []
    if (has('withdist')) details.push((metres / unitOf(unit)).toFixed(4))
    if (has('withhash')) details.push(scoreOf(place))
    if (has('withcoord')) details.push([place.longitude.toFixed(17), place.latitude.toFixed(17)])
    return details.length ? [member, ...details] : member
  })
}

function search(client: RedisClient, [key, ...options]: Args): Reply {
  const after = (word: string, count: number): string[] | undefined => {
    const at = options.findIndex((o) => o.toLowerCase() === word)
    return at < 0 || options.length < at + 1 + count ? undefined : options.slice(at + 1, at + 1 + count)
  }
  const [member] = after('frommember', 1) ?? []
  const lonlat = after('fromlonlat', 2)
  const center = member !== undefined ? placeOf(client.db, key, member) : lonlat && point(lonlat[0] as string, lonlat[1] as string)
  const circle = after('byradius', 2)
  const box = after('bybox', 3)
  if (!circle && !box) throw new CommandError('ERR exactly one of BYRADIUS and BYBOX can be specified for geosearch')
  if (!client.db.get(key, 'zset')) return []
  if (!center) throw new CommandError('ERR could not decode requested zset member')
  const [size = '', unit = ''] = circle ?? [
    String(
      Math.max(
        ...pairs(box as string[])
          .flat()
          .map(Number),
      ) / 2,
    ),
    box?.[2],
  ]
  return within(client, key, center, float(size, 'ERR need numeric radius') * unitOf(unit), unit, options)
}
