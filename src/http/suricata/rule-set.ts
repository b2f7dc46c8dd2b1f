import { readFileSync } from 'node:fs'
import type { Problem } from '../../config/problem.ts'
import { lowerCase, type MatchedRequest, RequestBuffers } from './buffers.ts'
import { matches } from './match.ts'
import { RuleError } from './options.ts'
import { parseRule, type Rule, type Signature } from './rule.ts'

/** Rules are looked up by so many characters of a content that they need. */
const GRAM = 4
/** Signatures that are reported of one request. */
const MOST = 32

/** Rules of the operator, matched over requests. Of thousands only those are looked at whose longest content could be there. */
export class RuleSet {
  readonly problems: Problem[] = []
  size = 0
  readonly #byGram = new Map<string, Rule[]>()
  readonly #always: Rule[] = []

  /** @param file its name in messages */
  add(file: string, text: string): void {
    let rule = ''
    let first = 0
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (rule === '') first = index + 1
      rule += line
      // A rule may go on in the next line.
      if (rule.endsWith('\\') && !rule.startsWith('#')) {
        rule = rule.slice(0, -1)
        continue
      }
      this.#addRule(file, first, rule)
      rule = ''
    }
    if (rule !== '') this.#addRule(file, first, rule)
  }

  static open(files: readonly string[]): RuleSet {
    const rules = new RuleSet()
    for (const file of files) {
      try {
        rules.add(file, readFileSync(file, 'utf8'))
      } catch (error) {
        const what = `cannot be read: ${(error as Error).message}`
        rules.problems.push({ file, key: '', what, cure: 'put the file there, or take its name out of the option' })
      }
    }
    return rules
  }

  /** What a request fits, in the order of the rules. */
  signaturesOf(request: MatchedRequest): Signature[] {
    if (this.size === 0) return []
    const buffers = new RequestBuffers(request)
    const found = this.#candidates(buffers).filter((rule) => matches(rule, buffers))
    return found.slice(0, MOST).map(({ signature }) => signature)
  }

  #addRule(file: string, line: number, text: string): void {
    try {
      const rule = parseRule(text)
      if (!rule) return
      this.size++
      const gram = gramOf(rule)
      if (gram === undefined) this.#always.push(rule)
      else this.#byGram.set(gram, [...(this.#byGram.get(gram) ?? []), rule])
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      const [, sid] = /\bsid\s{0,4}:\s{0,4}(\d{1,10})/.exec(text) ?? []
      this.problems.push({
        file,
        line,
        key: sid ? `sid ${sid}` : 'rule',
        what: error.message,
        cure: 'mend the rule or take it out; the others are used',
      })
    }
  }

  #candidates(buffers: RequestBuffers): Rule[] {
    const found = new Set<Rule>()
    const seen = new Set<string>()
    for (const name of ['pkt_data', 'http.uri'] as const) {
      const text = buffers.text(name, [], true)
      for (let at = 0; at + GRAM <= text.length; at++) {
        const gram = text.slice(at, at + GRAM)
        if (seen.has(gram)) continue
        seen.add(gram)
        for (const rule of this.#byGram.get(gram) ?? []) found.add(rule)
      }
    }
    return [...this.#always, ...found]
  }
}

/** Four characters that every request has which fits the rule. Buffers that we make of others may have what the wire has not. */
function gramOf({ buffers }: Rule): string | undefined {
  const contents = buffers
    .filter(({ transforms, buffer }) => transforms.length === 0 && buffer !== 'http.header_names' && buffer !== 'http.header')
    .flatMap(({ checks }) => checks.filter((check) => check.is === 'content'))
    .filter(({ negated, text }) => !negated && text.length >= GRAM)
  const best = contents.find(({ fast }) => fast) ?? contents.sort((a, b) => b.text.length - a.text.length)[0]
  return best && lowerCase(best.text).slice(0, GRAM)
}
