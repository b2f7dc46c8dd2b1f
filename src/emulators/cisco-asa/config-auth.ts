/** The XML that AnyConnect and the appliance exchange: config-auth, aggregate authentication version 2. */

/** Elements of a client's message that are looked at. */
export interface ConfigAuth {
  /** `init`, `auth-reply`, `logout` …; empty when it names none. */
  type: string
  version?: string
  deviceId?: string
  deviceType?: string
  platform?: string
  uniqueId?: string
  mac?: string
  group?: string
  groupAccess?: string
  /** What the `opaque` of our form is sent back as. */
  tunnelGroup?: string
  username?: string
  password?: string
  /** Text of each `host-scan-reply`, as it came. */
  hostScanReplies: string[]
}

/** Bytes of a message that are read. */
const LONGEST = 256 * 1024
const LONGEST_VALUE = 4096
const MOST_REPLIES = 64

/**
 * Reads a client's config-auth. It is no XML parser: elements are found by their names, in one pass each, and nothing is
 * expanded but the five entities that XML itself has.
 * @returns undefined when there is no config-auth in it
 */
export function readConfigAuth(body: Buffer): ConfigAuth | undefined {
  const text = body.subarray(0, LONGEST).toString('utf8')
  const root = openingTag(text, 'config-auth', 0)
  const hostScanReplies = textsOf(text, 'host-scan-reply')
  if (!root && hostScanReplies.length === 0) return undefined
  const device = openingTag(text, 'device-id', 0)?.tag ?? ''
  return defined({
    type: root ? (attribute(root.tag, 'type') ?? '') : '',
    version: textOf(text, 'version'),
    deviceId: textOf(text, 'device-id'),
    deviceType: attribute(device, 'device-type'),
    platform: attribute(device, 'platform-version'),
    uniqueId: attribute(device, 'unique-id'),
    mac: textOf(text, 'mac-address'),
    group: textOf(text, 'group-select') ?? textOf(text, 'group_list') ?? textOf(text, 'tunnel-group'),
    groupAccess: textOf(text, 'group-access'),
    tunnelGroup: textOf(text, 'tunnel-group'),
    username: textOf(text, 'username'),
    password: textOf(text, 'password'),
    hostScanReplies,
  })
}

function textOf(text: string, name: string): string | undefined {
  return textsOf(text, name, 1)[0]
}

function textsOf(text: string, name: string, most = MOST_REPLIES): string[] {
  const found: string[] = []
  const closing = `</${name}>`
  for (let at = 0; found.length < most; ) {
    const open = openingTag(text, name, at)
    if (!open) break
    if (open.tag.endsWith('/>')) {
      at = open.end
      continue
    }
    const end = text.indexOf(closing, open.end)
    found.push(decoded(text.slice(open.end, end < 0 ? text.length : end).slice(0, LONGEST_VALUE)))
    if (end < 0) break
    at = end + closing.length
  }
  return found
}

function openingTag(text: string, name: string, from: number): { tag: string; end: number } | undefined {
  const begin = `<${name}`
  for (let at = text.indexOf(begin, from); at >= 0; at = text.indexOf(begin, at + 1)) {
    if (!/[\s/>]/.test(text[at + begin.length] ?? '')) continue
    const end = text.indexOf('>', at)
    return end < 0 ? undefined : { tag: text.slice(at, Math.min(end + 1, at + 2 * LONGEST_VALUE)), end: end + 1 }
  }
  return undefined
}

function attribute(tag: string, name: string): string | undefined {
  const at = tag.indexOf(` ${name}=`)
  if (at < 0) return undefined
  const begin = at + name.length + 2
  const quote = tag[begin]
  if (quote !== '"' && quote !== "'") return undefined
  const end = tag.indexOf(quote, begin + 1)
  return end < 0 ? undefined : decoded(tag.slice(begin + 1, end).slice(0, LONGEST_VALUE))
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function decoded(text: string): string {
  const whole = text.startsWith('<![CDATA[') && text.endsWith(']]>') ? text.slice(9, -3) : text
  return whole.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => ENTITIES[name] as string)
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&${Object.keys(ENTITIES).find((name) => ENTITIES[name] === mark)};`)
}

function defined(given: { [K in keyof ConfigAuth]: ConfigAuth[K] | undefined }): ConfigAuth {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as unknown as ConfigAuth
}
