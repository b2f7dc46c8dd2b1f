import type { WebRequest } from '../request.ts'

/** Characters of a part that tests look at. */
const LOOKED_AT = 64 * 1024
const ROUNDS = 3

/** The parts of a request that traps look at, each worked out once and when first asked for. */
export class RequestFields {
  readonly request: WebRequest
  #url: string | undefined
  #body: string | undefined
  #json: { value: unknown } | undefined

  constructor(request: WebRequest) {
    this.request = request
  }

  /** Path and query, percent signs decoded up to three times; nothing normalised. */
  get url(): string {
    this.#url ??= decodeFully(this.request.target.slice(0, LOOKED_AT).replace(/^[a-z]{2,5}:\/\/[^/]*/i, ''))
    return this.#url
  }

  get body(): string {
    this.#body ??= this.request.body.subarray(0, LOOKED_AT).toString('utf8')
    return this.#body
  }

  /** Value at a JSON pointer, as text; undefined when the body is no JSON or has nothing there. */
  json(pointer: string): string | undefined {
    this.#json ??= { value: this.request.body.length > LOOKED_AT ? undefined : this.request.json() }
    let value = this.#json.value
    for (const step of pointer.split('/').slice(1)) {
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
      value = (value as Record<string, unknown>)[key]
    }
    if (value === undefined) return undefined
    return typeof value === 'string' ? value : JSON.stringify(value)
  }

  query(name: string): string | undefined {
    return this.request.query.get(name) ?? undefined
  }

  form(name: string): string | undefined {
    return this.request.form().get(name) ?? undefined
  }

  header(name: string): string | undefined {
    return this.request.header(name)
  }

  cookie(name: string): string | undefined {
    return this.request.cookies.get(name)
  }

  field(name: string): string | undefined {
    return this.query(name) ?? this.form(name)
  }

  /** Names of uploaded files. */
  uploads(): string[] {
    return this.request.multipart().flatMap((part) => part.filename ?? [])
  }

  /** Content of the uploaded file of a field, of any file without a name. */
  uploaded(field?: string): Buffer | undefined {
    return this.request.multipart().find((part) => part.filename !== undefined && (field === undefined || part.name === field))?.body
  }
}

/** `%252e` and `%%32%65` become `.`; what is no UTF-8 stays one character a byte. */
function decodeFully(text: string): string {
  let decoded = text
  for (let round = 0; round < ROUNDS; round++) {
    const next = decoded.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
    if (next === decoded) break
    decoded = next
  }
  return decoded
}
