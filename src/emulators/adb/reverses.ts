import { randomInt } from 'node:crypto'

const MOST_REVERSES = 64
/** From where Linux gives ports to who asks for any. */
const ANY_PORT = [32_768, 60_999] as const

/** `adb reverse` as adbd answers it (handle_forward_request of adb.cpp): taken and listed, but nothing ever connects. */
export class Reverses {
  /** What listens here → where it leads on the client's side. */
  readonly #listeners = new Map<string, string>()
  /** How adbd calls the client's transport. */
  readonly #transport: string

  constructor(transport: string) {
    this.#transport = transport
  }

  /** @param request `forward:tcp:6100;tcp:7100`, `killforward:tcp:6100`, `killforward-all`, `list-forward` */
  answer(request: string): Buffer {
    if (request === 'list-forward') return text([...this.#listeners].map(([from, to]) => `${this.#transport} ${from} ${to}\n`).join(''))
    if (request === 'killforward-all') {
      this.#listeners.clear()
      return okay()
    }
    const [, verb = '', spec = ''] = /^(forward|killforward):(.*)$/s.exec(request) ?? []
    if (verb === 'forward') return this.#add(spec)
    if (verb === '') return fail('not a reverse forwarding command')
    if (spec === '' || spec.includes(';')) return fail(`bad killforward: ${spec}`)
    return this.#listeners.delete(spec) ? okay() : fail(`listener '${spec}' not found`)
  }

  #add(request: string): Buffer {
    const spec = request.replace(/^norebind:/, '')
    const [from = '', to = '', ...rest] = spec.split(';')
    if (from === '' || to === '' || to.startsWith('*') || rest.length > 0) return fail(`bad forward: ${spec}`)
    if (spec !== request && this.#listeners.has(from)) return fail('cannot rebind existing socket')
    if (this.#listeners.size >= MOST_REVERSES) return fail('cannot bind listener: Too many open files')
    const port = from === 'tcp:0' ? randomInt(ANY_PORT[0], ANY_PORT[1]) : undefined
    this.#listeners.set(port === undefined ? from : `tcp:${port}`, to)
    return port === undefined ? okay() : Buffer.concat([okay(), text(String(port))])
  }
}

function okay(): Buffer {
  return Buffer.from('OKAY')
}

function fail(reason: string): Buffer {
  return Buffer.concat([Buffer.from('FAIL'), text(reason)])
}

/** Four hexadecimal digits of length before a text. */
function text(words: string): Buffer {
  const bytes = Buffer.from(words).subarray(0, 0xffff)
  return Buffer.concat([Buffer.from(bytes.length.toString(16).padStart(4, '0')), bytes])
}
