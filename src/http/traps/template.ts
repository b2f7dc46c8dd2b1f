import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { escapeHtml } from '../html.ts'
import { arithmetic } from './arithmetic.ts'
import type { Captures, Remembered } from './condition.ts'
import type { RequestFields } from './fields.ts'
import type { Product } from './schema.ts'
import { type Expression, type FilterName, parseTemplate } from './template-syntax.ts'

/** What templates may speak of. */
export interface TemplateContext {
  fields: RequestFields
  captures: Captures
  remembered: Remembered
  product: Product
  persona: Persona
  identity: Identity
  /** A secret for this source, see the mint of honeytokens. */
  honeytoken(kind: string, name: string): string
  /** Output of a command on the simulated host. */
  run(command: string, user: string): Promise<Buffer>
  /** A file of the simulated host. @throws NothingThere */
  file(path: string): Buffer
}

/** A template asks for a file that the machine does not have: the answer is "not found". */
export class NothingThere extends Error {}

/** Longest rendered answer. */
const LONGEST = 4 * 1024 * 1024

const compiled = new Map<string, (string | Expression)[]>()

/** Fills a template. @throws NothingThere */
export async function renderTemplate(template: string, context: TemplateContext): Promise<Buffer> {
  let pieces = compiled.get(template)
  if (!pieces) {
    pieces = parseTemplate(template)
    compiled.set(template, pieces)
  }
  const rendered: Buffer[] = []
  for (const piece of pieces) rendered.push(typeof piece === 'string' ? Buffer.from(piece) : await valueOfExpression(piece, context))
  return Buffer.concat(rendered).subarray(0, LONGEST)
}

async function valueOfExpression({ parts, filters }: Expression, context: TemplateContext): Promise<Buffer> {
  let value = Buffer.concat(
    parts.map(({ literal, source = '' }) => (literal === undefined ? bytes(readSource(source, context)) : bytes(literal))),
  )
  for (const { name, argument } of filters) value = bytes(await applyFilter(name as FilterName, value, argument, context))
  return value
}

function bytes(value: string | Uint8Array): Buffer<ArrayBuffer> {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value)
}

function readSource(source: string, context: TemplateContext): string | Buffer {
  const { fields, captures, remembered, product, persona, identity } = context
  const { request } = fields
  const dot = source.indexOf('.')
  const group = dot < 0 ? source : source.slice(0, dot)
  const name = dot < 0 ? '' : source.slice(dot + 1)
  switch (group) {
    case 'method':
      return request.method
    case 'path':
      return request.path
    case 'target':
      return request.target
    case 'url':
      return fields.url
    case 'host':
      return /^[\w.:[\]-]{1,255}$/.test(request.host) ? request.host : `${request.local.ip}:${request.local.port}`
    case 'scheme':
      return request.scheme
    case 'ip':
      return request.local.ip
    case 'port':
      return String(request.local.port)
    case 'body':
      return request.body
    case 'company':
      return persona.facts.company ?? persona.domain
    case 'basic': {
      const { username = '', password = '' } = request.basicCredentials() ?? {}
      return name === 'user' ? username : password
    }
    case 'query':
      return fields.query(name) ?? ''
    case 'form':
      return fields.form(name) ?? ''
    case 'field':
      return fields.field(name) ?? ''
    case 'header':
      return fields.header(name) ?? ''
    case 'cookie':
      return fields.cookie(name) ?? ''
    case 'json':
      return fields.json(name) ?? ''
    case 'upload':
      return name === 'name' ? (fields.uploads()[0] ?? '') : (fields.uploaded(name === 'content' ? undefined : name) ?? '')
    case 'capture':
      return captures.get(name) ?? ''
    case 'state':
      return remembered.value(name) ?? ''
    case 'vars':
      return product.vars[name] ?? ''
    case 'product':
      return name === 'id' ? product.product : name === 'name' ? product.name : product.version
    case 'persona':
      return personaFact(name, persona)
    case 'now':
      return now(name)
    case 'random':
      return random(name)
    case 'install':
      return installFact(name, product.product, identity)
    default: {
      const [, kind = '', token = ''] = source.split(':')
      return context.honeytoken(kind, token)
    }
  }
}

function personaFact(name: string, { hostname, domain, os }: Persona): string {
  return { hostname, domain, kernel: os.kernel.release, os: `${os.name} ${os.version}` }[name] ?? ''
}

function now(form: string): string {
  const date = new Date()
  switch (form) {
    case 'iso':
      return date.toISOString()
    case 'http':
      return date.toUTCString()
    case 'date':
      return date.toISOString().slice(0, 10)
    case 'unix':
      return String(Math.floor(date.getTime() / 1000))
    default:
      return String(date.getTime())
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

function random(what: string): string {
  const [kind, count = '16'] = what.split('.')
  const length = Number(count)
  if (kind === 'uuid') return randomUUID()
  if (kind === 'hex')
    return randomBytes(Math.ceil(length / 2))
      .toString('hex')
      .slice(0, length)
  const alphabet = kind === 'digits' ? '0123456789' : LETTERS
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** `hex.16.serial`, `digits.8.serial`, `uuid.node`: the same as long as the installation lives. */
function installFact(what: string, product: string, identity: Identity): string {
  const [kind, ...rest] = what.split('.')
  const label = `traps/${product}/${rest.at(-1)}`
  if (kind === 'uuid') return identity.uuid(label)
  const length = Number(rest[0])
  if (kind === 'hex') return identity.hex(label, Math.ceil(length / 2)).slice(0, length)
  return [...identity.bytes(label, length)].map((byte) => byte % 10).join('')
}

async function applyFilter(
  name: FilterName,
  value: Buffer,
  argument: string | undefined,
  context: TemplateContext,
): Promise<string | Uint8Array> {
  const text = value.toString('utf8')
  switch (name) {
    case 'arithmetic':
      return arithmetic(text) ?? text
    case 'md5':
    case 'sha1':
    case 'sha256':
      return createHash(name).update(value).digest('hex')
    case 'base64':
      return value.toString('base64')
    case 'unbase64':
      return Buffer.from(text, 'base64')
    case 'hex':
      return value.toString('hex')
    case 'unhex':
      return Buffer.from(text, 'hex')
    case 'html':
      return escapeHtml(text)
    case 'json':
      return JSON.stringify(text).slice(1, -1)
    case 'url':
      return encodeURIComponent(text.toWellFormed())
    case 'urldecode':
      return text
        .replace(/\+/g, ' ')
        .replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
    case 'length':
      return String(value.length)
    case 'lower':
      return text.toLowerCase()
    case 'upper':
      return text.toUpperCase()
    case 'reverse':
      return [...text].reverse().join('')
    case 'drop':
      return ''
    case 'trim':
      return text.trim()
    case 'without':
      return argument === undefined ? text : text.replaceAll(argument, '')
    case 'run':
      return text.trim() === '' ? '' : context.run(text, argument ?? context.product.user)
    case 'file':
      return context.file(text)
  }
}
