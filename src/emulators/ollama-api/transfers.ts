import { evidence } from '../../events/bytes.ts'
import type { WebResponse } from '../../http/index.ts'
import { ApiError, bodyOf, type Call, textOf } from './call.ts'
import { digestOf, inLibrary, type Weights } from './catalog.ts'
import { isForeign, type ModelName, parseModelName, shortName } from './model-name.ts'
import { type Progress, progressAnswer } from './progress.ts'
import { modelOf } from './shelf.ts'

/** How often a download tells of its progress, milliseconds. */
const TICK_MS = 60
/** Bytes a second that the registry sends. */
const LINE = 110e6
const DISK_FULL = 'write /usr/share/ollama/.ollama/models/blobs: no space left on device'

/** POST /api/pull: from the library's list; no registry is ever asked. */
export function pull(call: Call): Promise<WebResponse> {
  const body = bodyOf(call.request, 'PullRequest')
  const given = textOf(body.model) || textOf(body.name)
  const name = parseModelName(given)
  recordTransfer(call, 'pull', given, name, body)
  if (!name) throw new ApiError(400, 'invalid model name')
  return progressAnswer({ body, visit: call.visit }, pulling(call, name, given, body.insecure === true))
}

async function* pulling(call: Call, name: ModelName, given: string, insecure: boolean): AsyncGenerator<Progress> {
  if (given.startsWith('http://') && !insecure) throw new ApiError(500, 'insecure protocol http')
  yield { status: 'pulling manifest' }
  await call.visit.pause(isForeign(name) ? 2_100 * slowness(call) : 420 * slowness(call))
  if (isForeign(name)) throw new ApiError(500, `pull model manifest: ${unreachable(name, insecure, call)}`)
  const weights = name.namespace === 'library' ? inLibrary(name) : undefined
  if (!weights) throw new ApiError(500, 'pull model manifest: file does not exist')
  const has = call.shelf.find(shortName(name))?.digest === weights.digest
  for (const layer of layersOf(weights)) yield* downloading(call, layer, has)
  yield { status: 'verifying sha256 digest' }
  await call.visit.pause(Math.min(4_000, weights.size / 2e6) * slowness(call) * (has ? 0 : 1))
  yield { status: 'writing manifest' }
  if (!has && !call.shelf.put(modelOf(shortName(name), weights, Date.now()))) throw new ApiError(500, DISK_FULL)
  yield { status: 'success' }
}

interface Layer {
  digest: string
  size: number
}

/** The layers of a model: weights, template, licence, parameters, configuration. */
function layersOf({ name, size }: Weights): Layer[] {
  const small = [1_481, 12_320, 96, 485].map((bytes, n) => ({ digest: digestOf(`${name} ${n}`), size: bytes }))
  const rest = small.reduce((sum, layer) => sum + layer.size, 0)
  return [{ digest: digestOf(`${name} weights`), size: size - rest }, ...small]
}

async function* downloading(call: Call, { digest, size }: Layer, has: boolean): AsyncGenerator<Progress> {
  const line = { status: `pulling ${digest.slice(0, 12)}`, digest: `sha256:${digest}`, total: size }
  if (has) {
    yield { ...line, completed: size }
    return
  }
  const takesMs = Math.min(call.context.options.pullSeconds * 1000, (size / LINE) * 1000)
  yield line
  for (let done = TICK_MS; done < takesMs; done += TICK_MS) {
    await call.visit.pause(TICK_MS)
    // A download is not even: it starts slowly and stutters.
    const share = Math.min(1, (done / takesMs) ** 1.08)
    yield { ...line, completed: Math.floor((share * size) / 4_096) * 4_096 }
  }
  yield { ...line, completed: size }
}

/** POST /api/push: this server is not signed in to any registry. */
export function push(call: Call): Promise<WebResponse> {
  const body = bodyOf(call.request, 'PushRequest')
  const given = textOf(body.model) || textOf(body.name)
  const name = parseModelName(given)
  recordTransfer(call, 'push', given, name, body)
  if (given === '') throw new ApiError(400, 'model is required')
  return progressAnswer({ body, visit: call.visit }, pushing(call, name, given, body.insecure === true))
}

async function* pushing(call: Call, name: ModelName | undefined, given: string, insecure: boolean): AsyncGenerator<Progress> {
  const model = name && call.shelf.find(given)
  if (!name) throw new ApiError(400, 'invalid model name')
  yield { status: 'retrieving manifest' }
  if (!model) {
    yield { status: "couldn't retrieve manifest" }
    const { host, namespace, model: base, tag } = name
    throw new ApiError(
      500,
      `open /usr/share/ollama/.ollama/models/manifests/${host}/${namespace}/${base}/${tag}: no such file or directory`,
    )
  }
  await call.visit.pause(380 * slowness(call))
  if (isForeign(name)) throw new ApiError(500, unreachable(name, insecure, call))
  for (const { digest, size } of layersOf(model.weights))
    yield { status: `pushing ${digest.slice(0, 12)}`, digest: `sha256:${digest}`, total: size }
  throw new ApiError(500, 'you are not authorized to push to this namespace, create the model under a namespace you own')
}

/** The model of a registry that cannot be resolved, in the words of Go's dialler. */
function unreachable({ host, namespace, model, tag }: ModelName, insecure: boolean, { context }: Call): string {
  const name = host.replace(/:\d+$/, '')
  const url = `${insecure ? 'http' : 'https'}://${host}/v2/${namespace}/${model}/manifests/${tag}`
  const isAddress = /^[\d.]+$/.test(name)
  const port = /:(\d+)$/.exec(host)?.[1] ?? (insecure ? '80' : '443')
  return `Get "${url}": dial tcp${isAddress ? ` ${name}:${port}: i/o timeout` : `: lookup ${name} on ${context.persona.network.dns[0]}:53: no such host`}`
}

function slowness(call: Call): number {
  return Math.min(1, call.context.options.pullSeconds / 45)
}

/** A registry of the attacker's own is how CVE-2024-37032 and CVE-2024-12886 begin; a path for a name is CVE-2024-39722. */
function recordTransfer(
  call: Call,
  operation: 'pull' | 'push',
  given: string,
  name: ModelName | undefined,
  body: Record<string, unknown>,
): void {
  const registry = name && isForeign(name) ? name.host : undefined
  const tags: string[] = []
  if (registry !== undefined && operation === 'pull') tags.push('cve:CVE-2024-37032', 'attack:T1190')
  if (/\.\.[/\\]|^\//.test(given)) tags.push(operation === 'push' ? 'cve:CVE-2024-39722' : 'cve:CVE-2024-37032', 'attack:T1190')
  call.visit.record(
    'ollama-api.model',
    {
      operation,
      model: evidence(given.slice(0, 512)),
      found: name !== undefined && (call.shelf.find(given) !== undefined || inLibrary(name) !== undefined),
      ...(registry === undefined ? {} : { registry: evidence(registry) }),
      insecure: body.insecure === true,
    },
    tags,
  )
  if (registry !== undefined) call.visit.record('indicator', { kind: 'host', value: evidence(registry), how: `ollama-api.${operation}` })
}
