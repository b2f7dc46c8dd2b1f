import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { BlockList, isIP } from 'node:net'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import { type CountryResponse, Reader, type Response } from 'mmdb-lib'
import { atMost } from '../config/at-most.ts'

const CACHED = 20_000
const SHIPPED = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'

/** Networks that are nowhere on Earth (RFC 6890): whois databases show some of them in the country of the registry that reserved them. */
const NOWHERE = new BlockList()
for (const network of ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24']) {
  reserve(network, 'ipv4')
}
for (const network of ['192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4']) {
  reserve(network, 'ipv4')
}
for (const network of ['::/127', 'fc00::/7', 'fe80::/10', '2001:db8::/32']) reserve(network, 'ipv6')

export interface Place {
  /** ISO 3166 code. */
  country?: string
  /** `AS64496 Name`. */
  asn?: string
}

/** A database that places are looked up in, as the health page shows it. */
export interface GeoSource {
  name: string
  type: string
  /** UTC milliseconds of its making. */
  builtAt: number
}

/** Where addresses are, from files of this machine: nothing is asked of anybody. */
export class Geo {
  readonly sources: readonly GeoSource[]
  readonly #readers: readonly Reader<Response>[]
  readonly #cache = new LRUCache<string, Place>({ ...atMost(CACHED) })

  private constructor(files: readonly { name: string; reader: Reader<Response> }[]) {
    this.#readers = files.map(({ reader }) => reader)
    this.sources = files.map(({ name, reader }) => ({
      name,
      type: reader.metadata.databaseType,
      builtAt: reader.metadata.buildEpoch.getTime(),
    }))
  }

  /**
   * Opens the operator's own `*.mmdb` in a folder (MaxMind or DB-IP country, city and ASN databases), in the order of their
   * names, and after them the country database that is shipped. A file that is no database is left out.
   * @param onProblem called with the reason when a file is left out
   */
  static open(folder: string, onProblem?: (file: string, reason: string) => void): Geo {
    const own = existsSync(folder) ? readdirSync(folder).sort() : []
    const paths = own.filter((name) => name.endsWith('.mmdb')).map((name) => ({ name, path: join(folder, name) }))
    const shipped = { name: 'geo-whois-asn-country', path: createRequire(import.meta.url).resolve(SHIPPED) }
    return new Geo(
      [...paths, shipped].flatMap(({ name, path }) => {
        try {
          return [{ name, reader: new Reader<Response>(readFileSync(path)) }]
        } catch (error) {
          onProblem?.(path, error instanceof Error ? error.message : String(error))
          return []
        }
      }),
    )
  }

  locate(ip: string): Place {
    const known = this.#cache.get(ip)
    if (known) return known
    const place: Place = {}
    for (const reader of this.#readers) Object.assign(place, { ...placeOf(find(reader, ip)), ...place })
    this.#cache.set(ip, place)
    return place
  }
}

/** The databases of MaxMind, DB-IP and ip-location-db name the same things differently. */
function placeOf(record: unknown): Place {
  if (typeof record !== 'object' || record === null) return {}
  const found = record as Partial<CountryResponse> & Record<string, unknown>
  const country = found.country?.iso_code ?? found.country_code
  const number = found.autonomous_system_number
  const name = found.autonomous_system_organization
  return {
    ...(typeof country === 'string' && /^[A-Z]{2}$/.test(country) ? { country } : {}),
    ...(number !== undefined ? { asn: `AS${number}${typeof name === 'string' ? ` ${name}` : ''}` } : {}),
  }
}

function reserve(network: string, family: 'ipv4' | 'ipv6'): void {
  const [address, bits] = network.split('/')
  NOWHERE.addSubnet(address as string, Number(bits), family)
}

/** An IPv6 address in a database of IPv4 is nowhere too. */
function find(reader: Reader<Response>, ip: string): unknown {
  const version = isIP(ip)
  if (version === 0 || NOWHERE.check(ip, version === 6 ? 'ipv6' : 'ipv4')) return undefined
  return version === 6 && reader.metadata.ipVersion === 4 ? undefined : reader.get(ip)
}
