/** The resources of libcoap's example server, as one source has left them. */
import { ownCopy } from '../../host/files/content.ts'
import { CODE, METHOD } from './codec.ts'

export interface Request {
  method: number
  path: string
  queries: readonly string[]
  payload: Buffer
}

export interface Reply {
  code: number
  payload: Buffer
  /** Number of CoAP's registry: 40 is link format. */
  format?: number
  /** Seconds. */
  maxAge?: number
}

const INDEX = [
  'This is a test server made with libcoap (see https://libcoap.net)',
  'Copyright (C) 2010--2022 Olaf Bergmann <bergmann@tzi.org> and others',
  '',
  '',
].join('\n')
/** What nobody has written over. */
const EXAMPLE = Buffer.from('abcdefghijklmnopqrstuvwxyz'.replaceAll(/./g, '$&123456789').repeat(6).slice(0, 1500))
const INDEX_MAX_AGE = 0x2ffff
const LINK_FORMAT = 40
const LARGEST_VALUE = 4096
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const LINKS: readonly { path: string; attributes: string }[] = [
  { path: '', attributes: 'title="General Info";ct=0' },
  { path: 'time', attributes: 'if="clock";rt="ticks";title="Internal Clock";ct=0;obs' },
  { path: 'async', attributes: 'ct=0' },
  { path: 'example_data', attributes: 'title="Example Data";ct=0;obs' },
]

export class Resources {
  /** What a PUT set the clock off by, ms; undefined when a DELETE stopped it. */
  #clockOffset: number | undefined = 0
  #example: Buffer = EXAMPLE

  /** Undefined for an empty acknowledgement. */
  answer(request: Request, now = Date.now()): Reply | undefined {
    switch (request.path) {
      case '.well-known/core':
        return request.method === METHOD.GET ? this.#core(request.queries) : notAllowed()
      case '':
        if (request.method !== METHOD.GET) return notAllowed()
        return { code: CODE.CONTENT, payload: Buffer.from(INDEX), maxAge: INDEX_MAX_AGE }
      case 'time':
        return this.#time(request, now)
      case 'async':
        // Its answer comes by itself after some seconds; to who asked us once we stay silent.
        return request.method === METHOD.GET ? undefined : notAllowed()
      case 'example_data':
        return this.#data(request)
      default:
        return request.method === METHOD.DELETE ? text(CODE.DELETED, 'Deleted') : text(CODE.NOT_FOUND, 'Not Found')
    }
  }

  #core(queries: readonly string[]): Reply {
    const [key = '', wanted = ''] = (queries[0] ?? '').split('=')
    const links = LINKS.filter(({ path, attributes }) => !queries[0] || matches(path, attributes, key, wanted))
    const payload = Buffer.from(links.map(({ path, attributes }) => `</${path}>;${attributes}`).join(','))
    return payload.length ? { code: CODE.CONTENT, payload, format: LINK_FORMAT } : { code: CODE.CONTENT, payload }
  }

  #time({ method, queries, payload }: Request, now: number): Reply | undefined {
    if (method === METHOD.DELETE) {
      this.#clockOffset = undefined
      return undefined
    }
    if (method === METHOD.PUT) {
      const code = this.#clockOffset === undefined ? CODE.CREATED : CODE.CHANGED
      const seconds = Number.parseInt(payload.toString('latin1', 0, 16), 10)
      this.#clockOffset = Number.isFinite(seconds) ? seconds * 1000 - now : 0
      return { code, payload: Buffer.alloc(0) }
    }
    if (method !== METHOD.GET) return notAllowed()
    if (this.#clockOffset === undefined) return { code: CODE.NOT_FOUND, payload: Buffer.alloc(0) }
    const at = new Date(now + this.#clockOffset)
    const seconds = Math.floor(at.getTime() / 1000)
    const [, clock = ''] = at.toISOString().split('T')
    const words = `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2, '0')} ${clock.slice(0, 8)}`
    return { ...text(CODE.CONTENT, queries.includes('ticks') ? String(seconds) : words), maxAge: 1 }
  }

  #data({ method, payload }: Request): Reply {
    if (method === METHOD.GET) return { code: CODE.CONTENT, payload: this.#example }
    if (method !== METHOD.PUT) return notAllowed()
    this.#example = ownCopy(payload.subarray(0, LARGEST_VALUE))
    return { code: CODE.CHANGED, payload: Buffer.alloc(0) }
  }
}

function matches(path: string, attributes: string, key: string, wanted: string): boolean {
  if (key === 'href') return `/${path}` === wanted
  return attributes.split(';').some((one) => one === `${key}="${wanted}"` || one === `${key}=${wanted}`)
}

export function text(code: number, words: string): Reply {
  return { code, payload: Buffer.from(words) }
}

function notAllowed(): Reply {
  return text(CODE.METHOD_NOT_ALLOWED, 'Method Not Allowed')
}
