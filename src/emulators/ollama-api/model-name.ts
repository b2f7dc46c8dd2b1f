/** A model's name in its parts: `[host/][namespace/]model[:tag]` (types/model/name.go). */
export interface ModelName {
  host: string
  namespace: string
  model: string
  tag: string
}

const DEFAULT_HOST = 'registry.ollama.ai'
const DEFAULT_NAMESPACE = 'library'

/** A name with the defaults filled in, or undefined when it is none. A scheme in front is dropped, as Ollama does. */
export function parseModelName(text: string): ModelName | undefined {
  let rest = text.replace(/^https?:\/\//, '')
  let tag = 'latest'
  const colon = rest.lastIndexOf(':')
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1)
    rest = rest.slice(0, colon)
  }
  const parts = rest.split('/')
  const model = parts.pop() ?? ''
  const namespace = parts.pop() ?? DEFAULT_NAMESPACE
  const host = parts.length > 0 ? parts.join('/') : DEFAULT_HOST
  const isValid = HOST.test(host) && NAMESPACE.test(namespace) && PART.test(model) && PART.test(tag)
  return isValid ? { host, namespace, model, tag } : undefined
}

const HOST = /^\w[\w.:-]{0,349}$/
const NAMESPACE = /^\w[\w-]{0,79}$/
const PART = /^\w[\w.-]{0,79}$/

/** As `ollama list` shows it: without what is the default. */
export function shortName({ host, namespace, model, tag }: ModelName): string {
  if (host !== DEFAULT_HOST) return `${host}/${namespace}/${model}:${tag}`
  return namespace === DEFAULT_NAMESPACE ? `${model}:${tag}` : `${namespace}/${model}:${tag}`
}

/** Whether a pull of it would go to another registry than Ollama's. */
export function isForeign({ host }: ModelName): boolean {
  return host !== DEFAULT_HOST && host !== 'ollama.com' && host !== 'hf.co' && host !== 'huggingface.co'
}
