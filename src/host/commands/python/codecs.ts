import { toBytes, toText } from '../../text.ts'
import { bytes as bytesOf, raise } from './types.ts'

/** CPython's name of an encoding; undefined when there is none of ours. */
export function encodingName(given: string): string | undefined {
  const plain = given.toLowerCase().replace(/[ _]/g, '-')
  if (/^(?:utf-?8|u8|cp65001)$/.test(plain)) return 'utf-8'
  if (/^(?:ascii|us-ascii|646)$/.test(plain)) return 'ascii'
  if (/^(?:latin-?1|iso-?8859-?1|l1|8859|cp819)$/.test(plain)) return 'latin-1'
  if (/^utf-?8-sig$/.test(plain)) return 'utf-8-sig'
  if (/^utf-?16(?:-?[lb]e)?$/.test(plain)) return plain.replace(/^utf16/, 'utf-16')
  if (/^utf-?32(?:-?[lb]e)?$/.test(plain)) return plain.replace(/^utf32/, 'utf-32')
  if (/^(?:hex|hex-codec|base64|base64-codec|rot13|rot-13|unicode-escape|raw-unicode-escape|idna|punycode)$/.test(plain)) return plain
  return undefined
}

/** @throws Raised UnicodeDecodeError, LookupError */
export function decode(data: Buffer, encoding: string, errors: string): string {
  const name = encodingName(encoding)
  switch (name) {
    case 'utf-8':
    case 'utf-8-sig': {
      const text = toText(name === 'utf-8-sig' && data[0] === 0xef && data[1] === 0xbb ? data.subarray(3) : data)
      return text.isWellFormed() ? text : fixed(text, data, 'utf-8', errors)
    }
    case 'ascii':
      return data.every((byte) => byte < 128)
        ? data.toString('latin1')
        : fixed([...data].map((byte) => String.fromCharCode(byte < 128 ? byte : 0xdc00 + byte)).join(''), data, 'ascii', errors)
    case 'latin-1':
      return data.toString('latin1')
    case 'utf-16':
    case 'utf-16-le':
    case 'utf-16-be': {
      const isBig = name === 'utf-16-be' || (name === 'utf-16' && data[0] === 0xfe && data[1] === 0xff)
      const body = name === 'utf-16' && (data.readUInt16LE(0) === 0xfeff || data.readUInt16LE(0) === 0xfffe) ? data.subarray(2) : data
      return isBig ? Buffer.from(body).swap16().toString('utf16le') : body.toString('utf16le')
    }
    case 'unicode-escape':
      return unescapeUnicode(data.toString('latin1'))
    default:
      throw raise('LookupError', `unknown encoding: ${encoding}`)
  }
}

function unescapeUnicode(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)/gs, (whole, code: string) => {
    if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16))
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8))
    return (
      ({ n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"', a: '\x07', b: '\b', f: '\f', v: '\v' } as Record<string, string>)[
        code
      ] ?? whole
    )
  })
}

/** Deals with bytes that could not be read, which stand as lone surrogates. */
function fixed(text: string, data: Buffer, encoding: string, errors: string): string {
  switch (errors) {
    case 'ignore':
      return text.replace(LONE, '')
    case 'replace':
      return text.replace(LONE, '\ufffd')
    case 'surrogateescape':
      return text
    case 'backslashreplace':
      return text.replace(LONE, (c) => `\\x${(c.charCodeAt(0) - 0xdc00).toString(16)}`)
    default:
  }
  const found = /[\udc80-\udcff]/.exec(text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '  ')) as RegExpExecArray
  const position = toBytes(text.slice(0, found.index)).length
  const byte = data[position] as number
  const reason =
    encoding === 'ascii'
      ? 'ordinal not in range(128)'
      : byte < 0xc2 || byte > 0xf4
        ? 'invalid start byte'
        : position + sequenceLength(byte) > data.length && [...data.subarray(position + 1)].every((next) => (next & 0xc0) === 0x80)
          ? 'unexpected end of data'
          : 'invalid continuation byte'
  const end = reason === 'unexpected end of data' ? data.length : position + 1
  throw unicodeError('UnicodeDecodeError', encoding, bytesOf(data), position, end, reason, `byte 0x${byte.toString(16)}`, 'decode', 'bytes')
}

const LONE = /[\udc80-\udcff]/g

function sequenceLength(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
}

function unicodeError(
  cls: string,
  encoding: string,
  object: Parameters<typeof raise>[1],
  from: number,
  to: number,
  reason: string,
  what: string,
  verb: string,
  plural: string,
): Error {
  const where = to - from === 1 ? `${what} in position ${from}` : `${plural} in position ${from}-${to - 1}`
  const raised = raise(cls, `'${encoding}' codec can't ${verb} ${where}: ${reason}`)
  for (const [name, value] of Object.entries({ encoding, object, start: BigInt(from), end: BigInt(to), reason }))
    raised.exception.attributes.set(name, value as never)
  return raised
}

/** @throws Raised UnicodeEncodeError, LookupError */
export function encode(text: string, encoding: string, errors: string): Buffer {
  const name = encodingName(encoding)
  switch (name) {
    case 'utf-8':
    case 'utf-8-sig': {
      const body =
        text.isWellFormed() || errors === 'surrogateescape'
          ? toBytes(text)
          : Buffer.from(
              replaced(
                text,
                /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
                'utf-8',
                errors,
                'surrogates not allowed',
              ),
            )
      return name === 'utf-8-sig' ? Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), body]) : body
    }
    case 'ascii':
      return Buffer.from(replaced(text, /[^\x00-\x7f]/gu, 'ascii', errors, 'ordinal not in range(128)'), 'latin1')
    case 'latin-1':
      return Buffer.from(replaced(text, /[^\x00-\xff]/gu, 'latin-1', errors, 'ordinal not in range(256)'), 'latin1')
    case 'utf-16':
      return Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(text, 'utf16le')])
    case 'utf-16-le':
      return Buffer.from(text, 'utf16le')
    case 'utf-16-be':
      return Buffer.from(text, 'utf16le').swap16()
    case 'unicode-escape':
      return Buffer.from(
        text
          .replace(/[^ -~]/gu, (c) => (c === '\n' ? '\\n' : c === '\t' ? '\\t' : c === '\r' ? '\\r' : escapeOf(c)))
          .replaceAll('\\\\', '\\'),
        'latin1',
      )
    default:
      throw raise('LookupError', `unknown encoding: ${encoding}`)
  }
}

function escapeOf(c: string): string {
  const code = c.codePointAt(0) as number
  return code < 256
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : code < 65_536
      ? `\\u${code.toString(16).padStart(4, '0')}`
      : `\\U${code.toString(16).padStart(8, '0')}`
}

function replaced(text: string, wrong: RegExp, encoding: string, errors: string, reason: string): string {
  if (errors === 'ignore') return text.replace(wrong, '')
  if (errors === 'replace') return text.replace(wrong, '?')
  if (errors === 'backslashreplace') return text.replace(wrong, escapeOf)
  if (errors === 'xmlcharrefreplace') return text.replace(wrong, (c) => `&#${c.codePointAt(0)};`)
  const found = wrong.exec(text)
  wrong.lastIndex = 0
  if (!found) return text
  let end = found.index + found[0].length
  for (let next = wrong.exec(text.slice(end)); next?.index === 0; next = wrong.exec(text.slice(end))) {
    end += next[0].length
    wrong.lastIndex = 0
  }
  wrong.lastIndex = 0
  throw unicodeError(
    'UnicodeEncodeError',
    encoding,
    text,
    found.index,
    end,
    reason,
    `character '${escapeOf(found[0])}'`,
    'encode',
    'characters',
  )
}
