import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { Meter } from '../meter.ts'
import { Failure } from '../refusal.ts'
import { headersOf } from './agents.ts'
import type { Errand, Fetched } from './errand.ts'

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** One GET without cookies, credentials or a body. A redirect is not followed here: where it leads is judged like any other address. */
export async function fetchHttp({ target, agent, router, meter, signal }: Errand): Promise<Fetched> {
  const { address, port } = await router.route(target, signal)
  const { url, host, scheme } = target
  const response = await answerTo(scheme === 'https' ? requestHttps : requestHttp, {
    // The judged address itself, so that nothing is resolved again.
    host: address,
    port,
    path: `${url.pathname}${url.search}`,
    headers: headersOf(agent, url.host),
    setHost: false,
    agent: false,
    signal,
    ...(scheme === 'https' ? { rejectUnauthorized: false, ...(isIP(host) === 0 ? { servername: host } : {}) } : {}),
  } as RequestOptions)
  try {
    const { statusCode = 0, headers } = response
    if (REDIRECTS.has(statusCode) && headers.location !== undefined) {
      return { movedTo: URL.parse(headers.location, url)?.href ?? headers.location }
    }
    if (statusCode !== 200) throw new Failure(`answered ${statusCode}`)
    return { files: [{ url: url.href, bytes: await bodyOf(response, meter) }] }
  } finally {
    response.destroy()
  }
}

function answerTo(ask: typeof requestHttp, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = ask({ ...options, method: 'GET' }, resolve)
    // Also after the answer has begun: the body's reader is told of it by itself.
    request.on('error', reject)
    request.end()
  })
}

async function bodyOf(response: IncomingMessage, meter: Meter): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) {
    meter.take(chunk.length)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
