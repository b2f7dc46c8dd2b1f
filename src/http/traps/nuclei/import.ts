import { basename } from 'node:path'
import { parseYaml } from '../../../config/yaml.ts'
import { type Answer, type Match, Product, type Trap } from '../schema.ts'
import { RANDOM, type Sent, sentBy, Words } from './sent.ts'
import { NucleiTemplate } from './template.ts'
import { extractedBy, type Wanted, wantedBy } from './wanted.ts'

/** What became of a template. */
export interface Imported {
  product: Product
  /** Why an answer may not satisfy the scanner. */
  undecided: string[]
}

/** A value that is new in every scan, and the group that captures it. */
interface Mark {
  /** `{{randstr}}` */
  text: string
  /** `random1` */
  group: string
}

const SEVERITY: Readonly<Record<string, number>> = { info: 0, low: 3.1, medium: 5.3, high: 7.5, critical: 9.8 }
/** Functions of a scanner that a trap's answer can apply to what it has captured. */
const FILTERS: Readonly<Record<string, string>> = {
  md5: 'md5',
  sha1: 'sha1',
  sha256: 'sha256',
  base64: 'base64',
  hex_encode: 'hex',
  html_escape: 'html',
  reverse: 'reverse',
  to_lower: 'lower',
  to_upper: 'upper',
  url_encode: 'url',
}
/** Characters on either side of a random value in a body that tell where it stands. */
const CONTEXT = 24

/**
 * Makes a product with traps of a nuclei template: a trap for each request, with an answer that its matchers look for. What is
 * random in the request is captured and, where the answer must show it again, reflected.
 * @throws ConfigProblem when the text is no template
 */
export function importNuclei(file: string, text: string): Imported {
  const template = parseYaml(file, text, NucleiTemplate, 'https://docs.projectdiscovery.io/templates has the format')
  const id = slug(template.id || basename(file).replace(/\.ya?ml$/, ''))
  const words = new Words(template)
  const undecided: string[] = []
  const traps = (template.http ?? template.requests ?? []).flatMap((request) => {
    const wanted = wantedBy(request)
    const extracted = extractedBy(request)
    undecided.push(...wanted.undecided, ...extracted.undecided)
    const sent = sentBy(request, words)
    undecided.push(...sent.flatMap(unknownIn))
    return sent.map((one, index) => {
      const isLast = request.raw === undefined || index === sent.length - 1
      // What a later request is made of is taken from any answer.
      return { one, wanted: isLast ? joined(wanted, extracted) : extracted }
    })
  })
  const product = slug(String(template.info.metadata?.product ?? id))
  return {
    undecided: [...new Set(undecided)],
    product: Product.parse({
      product,
      name: template.info.name,
      version: 'unknown',
      traps: traps.map(({ one, wanted }, index) => trapOf(template, traps.length > 1 ? `${id}-${index + 1}` : id, one, wanted, words)),
    }),
  }
}

function joined(one: Wanted, other: Wanted): Wanted {
  return { ...one, body: [...one.body, ...other.body], header: [...one.header, ...other.header] }
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 80)
}

/** Values of a request that neither the template nor a scan makes. */
function unknownIn({ targets: [target = ''] }: Sent): string[] {
  return [...target.replaceAll(RANDOM, '').matchAll(/\{\{[^}]*\}\}/g)].map(([mark]) => `${mark} in its address is not known`)
}

function trapOf(template: NucleiTemplate, id: string, sent: Sent, wanted: Wanted, words: Words): Record<string, unknown> {
  const { info } = template
  const { classification } = info
  const cve = [classification?.['cve-id'] ?? []].flat()
  const references = [info.reference ?? []].flat()
  const marks = marksOf(sent)
  const answer = answerFor(marks, wanted, words)
  const shown = JSON.stringify(answer)
  return {
    id,
    about: info.name,
    ...(cve.length > 0 ? { cve } : {}),
    risk: classification?.['cvss-score'] ?? SEVERITY[info.severity] ?? 0,
    ...(references.length > 0 ? { references } : {}),
    match: matchOfSent(
      sent,
      marks.filter(({ group }) => shown.includes(`{{capture.${group}`)),
    ),
    answer,
    examples: [exampleOf(sent)],
  }
}

/** Random values of the target, each where it stands, then those that the body alone has. */
function marksOf({ targets: [target = ''], body }: Sent): Mark[] {
  const inTarget: readonly string[] = target.match(RANDOM) ?? []
  const inBody = [...new Set(body.match(RANDOM) ?? [])].filter((mark) => !inTarget.includes(mark))
  return [...inTarget, ...inBody].map((text, at) => ({ text, group: `random${at + 1}` }))
}

/** @param marks those that the answer shows again */
function matchOfSent({ method, targets, headers, body }: Sent, marks: readonly Mark[]): Trap['match'] {
  const [target = '/'] = targets
  const isOpen = target.search(RANDOM) >= 0
  const own = Object.entries(headers)
    .filter(([name]) => !/^(?:user-agent|accept|content-type|referer|origin|cookie)/i.test(name))
    .filter(([, values]) => values.every((value) => !value.includes('{{')))
    .map(([name, values]): [string, string | string[]] => [name, values.length === 1 ? (values[0] as string) : values])
  const words = body
    .split(RANDOM)
    .flatMap((part) => part.split('\n'))
    .map((part) => part.trim())
    .filter((part) => part.length >= 6)
  const captured = marks.flatMap((mark): Match[] => (target.includes(mark.text) ? [] : [{ body: { matches: around(body, mark) } }]))
  return {
    method,
    target: isOpen ? { starts: target.slice(0, target.indexOf('{{')), matches: patternOf(target) } : targets.length > 1 ? targets : target,
    ...(own.length > 0 ? { header: Object.fromEntries(own) } : {}),
    ...(words.length > 0 ? { body: { contains: words.slice(0, 8) } } : {}),
    ...(captured.length > 0 ? { all: captured } : {}),
  }
}

/** The target with its random parts as named groups. */
function patternOf(target: string): string {
  let group = 0
  const parts = target.split(RANDOM).map(escaped)
  return `^${parts.reduce((pattern, part) => `${pattern}(?P<random${++group}>[^/?&]+)${part}`)}$`
}

/** Where a random value stands in a body: what is before and behind it in its line, up to other marks. */
function around(body: string, { text, group }: Mark): string {
  const at = body.indexOf(text)
  const before = /[^\n}]*$/.exec(body.slice(0, at))?.[0].slice(-CONTEXT) ?? ''
  const behind = /^[^\n{]*/.exec(body.slice(at + text.length))?.[0].slice(0, CONTEXT) ?? ''
  return `${escaped(before)}(?P<${group}>[\\w.-]+)${escaped(behind)}`
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function answerFor(marks: readonly Mark[], wanted: Wanted, words: Words): Answer | Record<string, unknown> {
  const reflect = (text: string): string => {
    const shown = marks.reduce((filled, mark) => reflected(filled, mark), words.fill(text))
    // What is neither computed nor captured cannot be shown.
    return shown.replace(/\{\{(?!capture\.)[^}]*\}\}/g, '')
  }
  const body = wanted.body.map(reflect).join('\n')
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

/** A mark as what was captured for it, alone and in the functions that a scanner applies to it. */
function reflected(text: string, { text: mark, group }: Mark): string {
  const inner = mark.slice(2, -2)
  const called = Object.entries(FILTERS).reduce(
    (filled, [call, filter]) => filled.replaceAll(`{{${call}(${inner})}}`, `{{capture.${group} | ${filter}}}`),
    text,
  )
  return called.replaceAll(mark, `{{capture.${group}}}`)
}

function exampleOf({ method, targets: [target = '/'], headers, body }: Sent): string {
  const plain = (text: string): string => text.replace(RANDOM, 'a1b2c3').replace(/\{\{[^}]*\}\}/g, 'x')
  const lines = Object.entries(headers).map(([name, [value = '']]) => `${name}: ${plain(value)}`)
  return [`${method} ${plain(target)}`, ...lines].join('\n') + (body === '' ? '' : `\n\n${plain(body)}`)
}
