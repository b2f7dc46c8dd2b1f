import type { HeaderLine, WebRequest, WebResponse } from '../../http/index.ts'
import { ApiError, apiError, type Call, ginJson } from './call.ts'
import { embeddings, embedNative } from './embed.ts'
import { copy, create, createBlob, headBlob, ps, remove, show, tags } from './models.ts'
import { chat, generate } from './native.ts'
import { chatCompletions, completions, listModels, middlewareError, openaiEmbeddings, openaiError, retrieveModel } from './openai.ts'
import { pull, push } from './transfers.ts'

type Handler = (call: Call) => WebResponse | Promise<WebResponse>

const running = (): WebResponse => ({
  status: 200,
  headers: [['Content-Type', 'text/plain; charset=utf-8']],
  body: 'Ollama is running',
  dynamic: true,
})
const version = ({ context }: Call): WebResponse => ginJson({ version: context.options.version })

/** server/routes.go: path → method → handler. A path that ends in `/` has a parameter behind it. */
const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/': { GET: running, HEAD: running },
  '/api/version': { GET: version, HEAD: version },
  '/api/tags': { GET: tags, HEAD: tags },
  '/api/ps': { GET: ps },
  '/api/show': { POST: show },
  '/api/generate': { POST: generate },
  '/api/chat': { POST: chat },
  '/api/embed': { POST: embedNative },
  '/api/embeddings': { POST: embeddings },
  '/api/pull': { POST: pull },
  '/api/push': { POST: push },
  '/api/create': { POST: create },
  '/api/copy': { POST: copy },
  '/api/delete': { DELETE: remove },
  '/api/blobs/': { POST: createBlob, HEAD: headBlob },
  '/v1/models': { GET: listModels },
  '/v1/models/': { GET: retrieveModel },
  '/v1/chat/completions': { POST: chatCompletions },
  '/v1/completions': { POST: completions },
  '/v1/embeddings': { POST: openaiEmbeddings },
}

/** The answer of the server: routes as gin finds them, errors in the words of the API that was called, CORS for everybody. */
export async function ollamaAnswer(call: Call): Promise<WebResponse> {
  const { request } = call
  const origin = request.header('origin')
  if (origin !== undefined && request.method === 'OPTIONS') return PREFLIGHT
  const response = await routed(call)
  return origin === undefined ? response : { ...response, headers: [['Access-Control-Allow-Origin', '*'], ...(response.headers ?? [])] }
}

const PREFLIGHT: WebResponse = {
  status: 204,
  headers: [
    [
      'Access-Control-Allow-Headers',
      'Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,X-Stainless-Arch,X-Stainless-Async,X-Stainless-Custom-Poll-Interval,X-Stainless-Helper-Method,X-Stainless-Lang,X-Stainless-Os,X-Stainless-Package-Version,X-Stainless-Poll-Helper,X-Stainless-Retry-Count,X-Stainless-Runtime,X-Stainless-Runtime-Version,X-Stainless-Timeout',
    ],
    ['Access-Control-Allow-Methods', 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS'],
    ['Access-Control-Allow-Origin', '*'],
    ['Access-Control-Max-Age', '43200'],
  ],
  dynamic: true,
}

async function routed(call: Call): Promise<WebResponse> {
  const { request } = call
  const { path, method } = request
  const route = ROUTES[path] && !path.endsWith('/') ? { methods: ROUTES[path], parameter: '' } : withParameter(path)
  if (!route) return slashRedirect(request) ?? PLAIN_404
  const handler = route.methods[method]
  if (!handler) return wrongMethod(Object.keys(route.methods))
  try {
    return await handler({ ...call, parameter: route.parameter })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (!path.startsWith('/v1/')) return apiError(error)
    return isOfMiddleware(error) ? middlewareError(error) : openaiError(error)
  }
}

function withParameter(path: string): { methods: Readonly<Record<string, Handler>>; parameter: string } | undefined {
  if (path === '/') return { methods: ROUTES['/'] as Readonly<Record<string, Handler>>, parameter: '' }
  const prefix = ['/api/blobs/', '/v1/models/'].find((one) => path.startsWith(one) && path.length > one.length)
  return prefix === undefined
    ? undefined
    : { methods: ROUTES[prefix] as Readonly<Record<string, Handler>>, parameter: path.slice(prefix.length) }
}

/** gin sends a path with a slash too many to the one without. */
function slashRedirect({ path, method }: WebRequest): WebResponse | undefined {
  const to = path.replace(/\/$/, '')
  if (to === path || ROUTES[to] === undefined) return undefined
  const isGet = method === 'GET'
  const type: HeaderLine[] = isGet ? [['Content-Type', 'text/html; charset=utf-8']] : []
  const body = isGet ? `<a href="${to}">Moved Permanently</a>.\n\n` : ''
  return { status: isGet ? 301 : 307, headers: [...type, ['Location', to]], body, dynamic: true }
}

const PLAIN_404: WebResponse = { status: 404, headers: [['Content-Type', 'text/plain']], body: '404 page not found', dynamic: true }

/** gin asks its trees in the order in which the methods were first registered. */
const METHODS = ['HEAD', 'GET', 'POST', 'DELETE']

function wrongMethod(known: readonly string[]): WebResponse {
  const allowed = METHODS.filter((method) => known.includes(method)).join(', ')
  return {
    status: 405,
    headers: [
      ['Allow', allowed],
      ['Content-Type', 'text/plain'],
    ],
    body: '405 method not allowed',
    dynamic: true,
  }
}

/** Bodies that do not parse are turned down by the middleware of /v1, before any handler. */
function isOfMiddleware({ message }: ApiError): boolean {
  return /^(json:|invalid character|unexpected EOF|\[\] is|invalid input)/.test(message)
}
