import { BER, BerReader, integerOf } from '../../sensor/ber.ts'
import type { Fetched, Lead } from './errand.ts'
import { linksIn } from './links.ts'

const MOST_ATTRIBUTES = 256
const MOST_VALUES = 256
const MOST_CLASS_URLS = 64

/** An entry of a directory; types of attributes as the server wrote them. */
export interface Entry {
  dn: Buffer
  attributes: { type: string; values: Buffer[] }[]
}

/** The result code of an answer. @throws BerError */
export function codeOf(content: Buffer): number {
  return integerOf(new BerReader(content).take(BER.enumerated))
}

/** A searchResEntry. @throws BerError */
export function parseEntry(content: Buffer): Entry {
  const reader = new BerReader(content)
  const dn = reader.take(BER.octets)
  const list = new BerReader(reader.take(BER.sequence))
  const attributes: Entry['attributes'] = []
  while (!list.isAtEnd && attributes.length < MOST_ATTRIBUTES) {
    const attribute = new BerReader(list.take(BER.sequence))
    const type = attribute.take(BER.octets).toString('latin1')
    const set = new BerReader(attribute.take(BER.set))
    const values: Buffer[] = []
    while (!set.isAtEnd && values.length < MOST_VALUES) values.push(set.take(BER.octets))
    attributes.push({ type, values })
  }
  return { dn, attributes }
}

/** What an entry brings: itself as LDIF, a serialised object as it is, and where its class and other things would come from. */
export function filesOf(entry: Entry, url: string): Fetched {
  const serialised = valuesOf(entry, 'javaSerializedData').filter(({ length }) => length > 0)
  const others = entry.attributes.filter(({ type }) => !isType(type, 'javaCodeBase'))
  const links = others.flatMap(({ values }) => values.flatMap((value) => linksIn(value)))
  return {
    files: [
      { url, bytes: Buffer.from(ldifOf(entry)) },
      ...serialised.slice(0, 1).map((bytes) => ({ url: `${url}#javaSerializedData`, bytes })),
    ],
    leads: [...classUrls(entry), ...links.map((link): Lead => ({ url: link, agent: 'wget' }))],
  }
}

/**
 * Where Java would load the class of a reference from: a code base is a list of addresses, one that ends in a slash a folder of
 * classes, any other an archive (java.net.URLClassLoader). Attackers forget the slash, so that the class is asked for there too.
 */
export function classUrls(entry: Entry): Lead[] {
  const [name = ''] = [...textsOf(entry, 'javaFactory'), ...textsOf(entry, 'javaClassName')].filter(Boolean)
  const file = `${name.replaceAll('.', '/')}.class`
  const bases = textsOf(entry, 'javaCodeBase').flatMap((text) => text.split(/\s+/).filter(Boolean))
  const urls = bases.flatMap((base) => {
    if (name === '') return [base]
    if (base.endsWith('/')) return [`${base}${file}`]
    return base.endsWith('.jar') ? [base] : [`${base}/${file}`, base]
  })
  return urls.slice(0, MOST_CLASS_URLS).map((url) => ({ url, agent: 'java' }))
}

function valuesOf({ attributes }: Entry, type: string): Buffer[] {
  return attributes.filter((one) => isType(one.type, type)).flatMap(({ values }) => values)
}

function textsOf(entry: Entry, type: string): string[] {
  return valuesOf(entry, type).map((value) => value.toString('utf8'))
}

/** Types have no case, and options such as `;binary` behind them. */
function isType(type: string, wanted: string): boolean {
  return type.split(';')[0]?.toLowerCase() === wanted.toLowerCase()
}

/** RFC 2849, without folded lines. */
export function ldifOf({ dn, attributes }: Entry): string {
  const lines = attributes.flatMap(({ type, values }) => values.map((value) => ldifLine(type.replace(/[^\w;.-]/g, '_'), value)))
  return `${[ldifLine('dn', dn), ...lines].join('\n')}\n`
}

function ldifLine(type: string, value: Buffer): string {
  const text = value.toString('latin1')
  return /^(?![ :<])[\u0001-\u0009\u000b\u000c\u000e-\u007f]*(?<! )$/.test(text)
    ? `${type}: ${text}`
    : `${type}:: ${value.toString('base64')}`
}
