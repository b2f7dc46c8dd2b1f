import { createHash } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import type { WebResponse } from '../../http/index.ts'
import { ApiError, bodyOf, type Call, ginJson, textOf } from './call.ts'
import { digestOf, type Weights } from './catalog.ts'
import { goTime } from './go-json.ts'
import { parseModelName, shortName } from './model-name.ts'
import { type Progress, progressAnswer } from './progress.ts'
import { modelOf, type ShelfModel } from './shelf.ts'
import { showModel } from './show.ts'

const EMPTY: WebResponse = { status: 200, body: '', dynamic: true }

function detailsOf({ weights, parent }: ShelfModel) {
  const { family, parameters, quantization } = weights
  return { parent_model: parent, format: 'gguf', family, families: [family], parameter_size: parameters, quantization_level: quantization }
}

/** GET /api/tags */
export function tags({ shelf }: Call): WebResponse {
  const models = shelf.list().map((one) => ({
    name: one.name,
    model: one.name,
    modified_at: goTime(one.modifiedAt),
    size: one.weights.size,
    digest: one.digest,
    details: { ...detailsOf(one), parent_model: '' },
  }))
  return ginJson({ models })
}

/** GET /api/ps */
export function ps({ shelf, context }: Call): WebResponse {
  const hasGpu = context.persona.hardware.gpus.length > 0
  const models = shelf.loaded().map(({ model, expiresAt }) => {
    const size = Math.round(model.weights.size * 1.14 + 6e8)
    const until = Math.min(expiresAt, Date.now() + 9_000_000_000_000)
    return {
      name: model.name,
      model: model.name,
      size,
      digest: model.digest,
      details: detailsOf(model),
      expires_at: goTime(until),
      size_vram: hasGpu ? size : 0,
      context_length: Math.min(model.weights.context, 32_768),
    }
  })
  return ginJson({ models })
}

/** POST /api/show */
export function show(call: Call): WebResponse {
  const body = bodyOf(call.request, 'ShowRequest')
  const name = textOf(body.model) || textOf(body.name)
  if (name === '') throw new ApiError(400, 'model is required')
  const model = call.shelf.find(name)
  call.visit.record('ollama-api.model', { operation: 'show', model: evidence(name.slice(0, 512)), found: model !== undefined })
  if (!model) throw new ApiError(404, `model '${name}' not found`)
  return ginJson(showModel(model, detailsOf(model)))
}

/** POST /api/copy */
export function copy(call: Call): WebResponse {
  const body = bodyOf(call.request, 'CopyRequest')
  const [source, destination] = [textOf(body.source), textOf(body.destination)]
  if (!parseModelName(source)) throw new ApiError(400, `source ${JSON.stringify(source)} is invalid`)
  const target = parseModelName(destination)
  if (!target) throw new ApiError(400, `destination ${JSON.stringify(destination)} is invalid`)
  const model = call.shelf.find(source)
  const operation = { operation: 'copy' as const, model: evidence(destination.slice(0, 512)), found: model !== undefined }
  call.visit.record('ollama-api.model', { ...operation, source: evidence(source.slice(0, 512)) })
  if (!model) throw new ApiError(404, `model ${JSON.stringify(source)} not found`)
  call.shelf.put({ ...model, name: shortName(target), modifiedAt: Date.now() })
  return EMPTY
}

/** DELETE /api/delete */
export function remove(call: Call): WebResponse {
  const body = bodyOf(call.request, 'DeleteRequest')
  const name = textOf(body.model) || textOf(body.name)
  if (!parseModelName(name)) throw new ApiError(400, `name ${JSON.stringify(name)} is invalid`)
  const model = call.shelf.find(name)
  call.visit.record('ollama-api.model', { operation: 'delete', model: evidence(name.slice(0, 512)), found: model !== undefined }, [
    'attack:T1485',
  ])
  if (!model) throw new ApiError(404, `model '${name}' not found`)
  call.shelf.delete(model)
  return EMPTY
}

/** POST /api/create: a model from another one, or from blobs that were sent before. */
export function create(call: Call): Promise<WebResponse> {
  const body = bodyOf(call.request, 'CreateRequest')
  const given = textOf(body.model) || textOf(body.name)
  const name = parseModelName(given)
  recordCreate(call, given, body)
  const files = Object.entries((body.files ?? {}) as Record<string, unknown>)
  if (files.some(([path]) => path.startsWith('/') || path.split('/').includes('..'))) throw new ApiError(400, 'file path is invalid')
  if (!name) throw new ApiError(400, 'invalid model name')
  return progressAnswer({ body, visit: call.visit }, creating(call, shortName(name), body, files))
}

async function* creating(call: Call, name: string, body: Record<string, unknown>, files: [string, unknown][]): AsyncGenerator<Progress> {
  const from = textOf(body.from)
  if (from === '' && files.length === 0) throw new ApiError(400, "neither 'from' or 'files' was specified")
  const base = from === '' ? undefined : call.shelf.find(from)
  if (from !== '' && !base) {
    yield { status: 'pulling manifest' }
    throw new ApiError(500, 'pull model manifest: file does not exist')
  }
  const weights = base?.weights ?? weightsOf(call, name, files)
  const parameters = body.parameters
  const model: ShelfModel = {
    ...modelOf(name, weights, Date.now()),
    parent: base?.name ?? '',
    system: textOf(body.system) || (base?.system ?? ''),
    template: textOf(body.template) || base?.template,
    parameters: typeof parameters === 'object' && parameters !== null ? (parameters as Record<string, unknown>) : {},
  }
  model.digest = digestOf(JSON.stringify([weights.digest, model.system, model.template, model.parameters]))
  yield { status: base ? 'using existing layer' : 'parsing GGUF' }
  if (model.system) yield { status: `creating new layer sha256:${digestOf(model.system)}` }
  yield { status: 'writing manifest' }
  if (!call.shelf.put(model)) throw new ApiError(500, 'write manifest: no space left on device')
  yield { status: 'success' }
}

function weightsOf(call: Call, name: string, files: [string, unknown][]): Weights {
  const digest = textOf(files[0]?.[1])
  const size = call.shelf.blobs.get(digest)
  if (size === undefined)
    throw new ApiError(
      500,
      `open /usr/share/ollama/.ollama/models/blobs/${digest.replace(':', '-').slice(0, 80)}: no such file or directory`,
    )
  const common = { name, size, parameters: '8.0B', count: 8_030_261_248, quantization: 'unknown', context: 8_192, width: 4_096, blocks: 32 }
  return { ...common, family: 'llama', digest: digestOf(digest), capabilities: ['completion'], maker: 'Meta' }
}

/** Older servers answered whether a file is there (CVE-2024-39719), and read for ever from a device (CVE-2024-39721). */
function recordCreate(call: Call, given: string, body: Record<string, unknown>): void {
  const file = `${textOf(body.modelfile)}\n${textOf(body.path)}\n${Object.keys((body.files ?? {}) as object).join('\n')}`
  const tags = /\/dev\/(u?random|zero)/.test(file)
    ? ['cve:CVE-2024-39721']
    : /(^|\s)\/(etc|root|home|proc|var)\b|\.\.\//m.test(file)
      ? ['cve:CVE-2024-39719']
      : []
  const source = textOf(body.from) || file.trim()
  call.visit.record(
    'ollama-api.model',
    {
      operation: 'create',
      model: evidence(given.slice(0, 512)),
      found: call.shelf.find(given) !== undefined,
      ...(source ? { source: evidence(source.slice(0, 4_096)) } : {}),
    },
    tags.length > 0 ? [...tags, 'attack:T1190'] : [],
  )
}

const DIGEST = /^sha256[:-][0-9a-fA-F]{64}$/

/** HEAD /api/blobs/:digest */
export function headBlob({ shelf, parameter, visit }: Call): WebResponse {
  refuseDigest(parameter, visit)
  if (!shelf.blobs.has(parameter)) throw new ApiError(404, `blob ${JSON.stringify(parameter)} not found`)
  return EMPTY
}

/** POST /api/blobs/:digest: kept as an artifact. */
export function createBlob({ shelf, parameter, request, visit }: Call): WebResponse {
  refuseDigest(parameter, visit)
  const { body, bodyBytes } = request
  const artifact = body.length > 0 ? visit.capture(body, { how: 'ollama-api.blob', name: evidence(parameter) }).sha256 : undefined
  visit.record('ollama-api.blob', { digest: evidence(parameter), bytes: bodyBytes, ...(artifact ? { artifact } : {}) }, blobTags(body))
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
  // Of a body that is too long to be kept the digest is not known, and is believed.
  if (bodyBytes === body.length && digest !== parameter.replace('-', ':')) {
    throw new ApiError(400, `digest mismatch, expected ${JSON.stringify(parameter)}, got ${JSON.stringify(digest)}`)
  }
  shelf.blobs.set(parameter, bodyBytes)
  return { ...EMPTY, status: 201 }
}

/** Four bytes of a GGUF file made servers before 0.1.46 end themselves. */
function blobTags(body: Buffer): string[] {
  return body.length < 32 && body.subarray(0, 4).toString('latin1') === 'GGUF' ? ['cve:CVE-2024-39720', 'attack:T1499'] : []
}

/** A digest with a path in it wrote files anywhere before 0.1.34. */
function refuseDigest(digest: string, visit: Call['visit']): void {
  if (DIGEST.test(digest)) return
  if (/\.\.|%2e|\//i.test(digest)) visit.tag('cve:CVE-2024-37032', 'attack:T1190')
  throw new ApiError(400, 'invalid digest format')
}
