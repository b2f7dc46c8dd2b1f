import { basename } from 'node:path'
import { parseYaml } from '../../../config/yaml.ts'
import { type Answer, Product, type Trap } from '../schema.ts'
import { type NucleiRequest, NucleiTemplate } from './template.ts'
import { computed, type Wanted, wantedBy } from './wanted.ts'

/** What became of a template. */
export interface Imported {
  product: Product
  /** Why an answer may not satisfy the scanner. */
  undecided: string[]
}

interface Sent {
  method: string
  target: string
  headers: Record<string, string>
  body: string
}

const SEVERITY: Readonly<Record<string, number>> = { info: 0, low: 3.1, medium: 5.3, high: 7.5, critical: 9.8 }
/** Names of variables whose values are new in every scan. */
const RANDOM = /\{\{(?:rand\w*|unique\w*|random\w*|interactsh-url|[a-z_]*(?:rand|string|num|marker|filename)\w*)(?:\([^)]*\))?\}\}/gi

/**
 * Makes a product with traps of a nuclei template: a trap for each request, with an answer that its matchers look for. What is
 * random in the request is captured and, where the answer must show it again, reflected.
 * @throws ConfigProblem when the text is no template
 */
export function importNuclei(file: string, text: string): Imported {
  const template = parseYaml(file, text, NucleiTemplate, 'https://docs.projectdiscovery.io/templates has the format')
  const id = slug(template.id || basename(file).replace(/\.ya?ml$/, ''))
  const undecided: string[] = []
  const requests = template.http ?? template.requests ?? []
  const traps = requests.flatMap((request) => {
    const wanted = wantedBy(request)
    undecided.push(...wanted.undecided)
    const sent = sentBy(request, template)
    return sent.map((one, index) => ({ one, wanted, isLast: request.raw === undefined || index === sent.length - 1 }))
  })
  const product = slug(String(template.info.metadata?.product ?? id))
  return {
    undecided: [...new Set(undecided)],
    product: Product.parse({
      product,
      name: template.info.name,
      version: 'unknown',
      traps: traps.map(({ one, wanted, isLast }, index) =>
        trapOf(template, traps.length > 1 ? `${id}-${index + 1}` : id, one, isLast ? wanted : undefined),
      ),
    }),
  }
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 80)
}

/** The requests that a template sends, with what it computes filled in and what is random left as a mark. */
function sentBy(request: NucleiRequest, { variables }: NucleiTemplate): Sent[] {
  const fill = (text: string): string => {
    const payloads = Object.entries(request.payloads).map(([name, values]): [string, string] => [name, String([values].flat()[0] ?? '')])
    const known = [...Object.entries(variables), ...payloads]
    return computed(known.reduce((filled, [name, value]) => filled.replaceAll(`{{${name}}}`, value), text))
      .replaceAll(/\{\{(?:BaseURL|RootURL)\}\}/g, '')
      .replaceAll(/\{\{(?:Hostname|Host)\}\}/g, 'www.test.lan')
  }
  const plain = (request.path ?? []).map((path) => ({
    method: request.method,
    target: fill(path) || '/',
    headers: filledHeaders(request.headers, fill),
    body: fill(request.body),
  }))
  return [...plain, ...(request.raw ?? []).map((raw) => readRaw(fill(raw)))]
}

function filledHeaders(headers: Record<string, string>, fill: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]))
}

function readRaw(raw: string): Sent {
  const lines = raw.replaceAll('\r\n', '\n').replace(/^(?:@[^\n]*\n|\s)+/, '')
  const end = lines.indexOf('\n\n')
  const [first = '', ...rest] = (end < 0 ? lines.trimEnd() : lines.slice(0, end)).split('\n')
  const [method = 'GET', target = '/'] = first.split(' ')
  const headers = rest.flatMap((line): [string, string][] => {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? []
    return name === undefined || /^(?:host|content-length|connection)$/i.test(name) ? [] : [[name, value ?? '']]
  })
  return { method, target, headers: Object.fromEntries(headers), body: end < 0 ? '' : lines.slice(end + 2).replace(/\n$/, '') }
}

function trapOf(template: NucleiTemplate, id: string, sent: Sent, wanted: Wanted | undefined): Record<string, unknown> {
  const { info } = template
  const { classification } = info
  const cve = [classification?.['cve-id'] ?? []].flat()
  const references = [info.reference ?? []].flat()
  return {
    id,
    about: info.name,
    ...(cve.length > 0 ? { cve } : {}),
    risk: classification?.['cvss-score'] ?? SEVERITY[info.severity] ?? 0,
    ...(references.length > 0 ? { references } : {}),
    match: matchOfSent(sent),
    answer: answerFor(sent, wanted),
    examples: [exampleOf(sent)],
  }
}

function matchOfSent({ method, target, headers, body }: Sent): Trap['match'] {
  const marked = RANDOM.test(target)
  RANDOM.lastIndex = 0
  const own = Object.entries(headers).filter(
    ([name, value]) => !/^(?:user-agent|accept|content-type|referer|origin|cookie)/i.test(name) && !value.includes('{{'),
  )
  const words = body
    .split(RANDOM)
    .flatMap((part) => part.split('\n'))
    .map((part) => part.trim())
    .filter((part) => part.length >= 6)
  return {
    method,
    target: marked ? { starts: before(target), matches: patternOf(target) } : target,
    ...(own.length > 0 ? { header: Object.fromEntries(own) } : {}),
    ...(words.length > 0 ? { body: { contains: words.slice(0, 8) } } : {}),
  }
}

function before(target: string): string {
  return target.slice(0, Math.max(0, target.indexOf('{{')))
}

/** The target with its random parts as named groups. */
function patternOf(target: string): string {
  let group = 0
  const parts = target.split(RANDOM).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return `^${parts.reduce((pattern, part) => `${pattern}(?P<random${++group}>[^/?&]+)${part}`)}$`
}

function answerFor({ target }: Sent, wanted: Wanted | undefined): Answer | Record<string, unknown> {
  if (!wanted) return { body: '' }
  const marks = target.match(RANDOM) ?? []
  const reflect = (text: string): string => {
    const shown = marks.reduce((filled, mark, index) => filled.replaceAll(mark, `{{capture.random${index + 1}}}`), text)
    // What is neither computed nor known to us cannot be shown.
    return shown.replace(/\{\{(?!capture\.)[^}]*\}\}/g, '')
  }
  const body = wanted.body.map((word) => reflect(computed(word))).join('\n')
  const lines = wanted.header.map((word): [string, string] => {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(word) ?? []
    return name === undefined ? ['X-Info', reflect(word)] : [name, reflect(value ?? '')]
  })
  const type = wanted.contentType ?? lines.find(([, value]) => /^[a-z]+\/[a-z+.-]+$/.test(value))?.[1]
  return {
    status: wanted.status ?? 200,
    ...(type === undefined ? {} : { type }),
    ...(lines.length > 0 ? { headers: Object.fromEntries(lines.filter(([, value]) => value !== type)) } : {}),
    body: wanted.size === undefined ? body : body.padEnd(wanted.size).slice(0, wanted.size),
  }
}

function exampleOf({ method, target, headers, body }: Sent): string {
  const plain = (text: string): string => text.replace(RANDOM, 'a1b2c3').replace(/\{\{[^}]*\}\}/g, 'x')
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${plain(value)}`)
  return [`${method} ${plain(target)}`, ...lines].join('\n') + (body === '' ? '' : `\n\n${plain(body)}`)
}
