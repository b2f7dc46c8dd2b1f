import type { NucleiRequest, NucleiTemplate } from './template.ts'
import { computed } from './wanted.ts'

/** A request that a template sends: what it computes is filled in, what is new in every scan stands there as a mark. */
export interface Sent {
  method: string
  /** More than one where a list of payloads is tried. */
  targets: string[]
  headers: Record<string, string[]>
  body: string
}

/** Marks of values that are new in every scan. */
export const RANDOM = /\{\{(?:rand\w*|unique\w*|random\w*|interactsh-url|[a-z_]*(?:rand|string|num|marker|filename)\w*)(?:\([^)]*\))?\}\}/gi
/** Targets of one request that are written out. */
const MOST_TARGETS = 64
const ROUNDS = 3

/** The words of a template: its variables, and what its extractors take from answers, which only the scanner knows. */
export class Words {
  readonly #values: ReadonlyMap<string, string>

  constructor({ variables, http, requests }: NucleiTemplate) {
    const extracted = (http ?? requests ?? []).flatMap(({ extractors }) => extractors.flatMap(({ name }) => name ?? []))
    this.#values = new Map([...extracted.map((name): [string, string] => [name, randomMark(name)]), ...Object.entries(variables)])
  }

  /** Fills a text. @param more values of payloads */
  fill(text: string, more: ReadonlyMap<string, string> = new Map()): string {
    let filled = text
    for (let round = 0; round < ROUNDS; round++) {
      const next = computed(
        filled
          .replace(/\{\{([\w-]{1,64})\}\}/g, (mark, name: string) => this.#value(name, more) ?? mark)
          .replace(/\{\{(\w{1,32})\(([\w-]{1,64})\)\}\}/g, (call, of: string, name: string) => callOf(of, this.#value(name, more)) ?? call),
      )
      if (next === filled) break
      filled = next
    }
    return filled.replaceAll(/\{\{(?:BaseURL|RootURL)\}\}/g, '').replaceAll(/\{\{(?:Hostname|Host)\}\}/g, 'www.test.lan')
  }

  #value(name: string, more: ReadonlyMap<string, string>): string | undefined {
    return more.get(name) ?? this.#values.get(name)
  }
}

function randomMark(name: string): string {
  return `{{random_${name.replace(/\W/g, '_')}}}`
}

/** A function of a variable with its value; of a value that is new in every scan, the function of its mark. */
function callOf(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const [, inner] = /^\{\{([^{}]*)\}\}$/.exec(value) ?? []
  return inner === undefined ? `{{${name}("${value}")}}` : `{{${name}(${inner})}}`
}

/** The requests that one entry of a template sends, in their order. */
export function sentBy(request: NucleiRequest, words: Words): Sent[] {
  const payloads = new Map(Object.entries(request.payloads).map(([name, values]) => [name, valuesOf(values)]))
  const plain = (request.path ?? []).map((path) => ({ method: request.method, target: path, headers: request.headers, body: request.body }))
  return [...plain, ...(request.raw ?? []).map(readRaw)].map(({ method, target, headers, body }) => {
    // Of many payloads a body has one or the other.
    const any = new Map([...payloads].map(([name, values]) => [name, values.length === 1 ? (values[0] as string) : randomMark(name)]))
    return {
      method,
      targets: targetsOf(target, payloads, words, words.fill(target, any)),
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, filledWith(value, payloads, words)])),
      body: words.fill(body, any),
    }
  })
}

/** The values of a list of payloads; none of a file, which the template does not bring along. */
function valuesOf(values: unknown): string[] {
  return Array.isArray(values) ? values.map(String) : []
}

function targetsOf(target: string, payloads: ReadonlyMap<string, string[]>, words: Words, open: string): string[] {
  const filled = filledWith(target, payloads, words)
  const isOpen = filled.some((one) => one.search(RANDOM) >= 0)
  return isOpen ? [open || '/'] : filled.map((one) => one || '/')
}

/** A text with each combination of the payloads that stand in it. */
function filledWith(text: string, payloads: ReadonlyMap<string, string[]>, words: Words): string[] {
  let combinations: ReadonlyMap<string, string>[] = [new Map()]
  for (const [name, values] of payloads) {
    if (!text.includes(`{{${name}}}`) && !text.includes(`(${name})`)) continue
    const known = values.length > 0 ? values : [randomMark(name)]
    combinations = combinations.flatMap((one) => known.map((value) => new Map([...one, [name, value]]))).slice(0, MOST_TARGETS)
  }
  return [...new Set(combinations.map((one) => words.fill(text, one)))]
}

function readRaw(raw: string): { method: string; target: string; headers: Record<string, string>; body: string } {
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
