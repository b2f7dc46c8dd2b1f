import type { WebRequest } from '../../http/index.ts'
import { ElasticError } from './elastic-error.ts'
import type { Release } from './release.ts'

const VENDOR = /application\/vnd\.elasticsearch\+[a-z-]{1,20}\s{0,4};\s{0,4}compatible-with=(\d{1,2})/i
const JSON_TYPE = 'application/json; charset=UTF-8'

/** The type of JSON that a client is answered with: since 8 without a charset, and in the version that it asks for. */
export function jsonType(request: WebRequest, { major }: Release): string {
  if (major < 8) return JSON_TYPE
  const [, version] = VENDOR.exec(request.header('accept') ?? '') ?? []
  return version === undefined ? 'application/json' : `application/vnd.elasticsearch+json;compatible-with=${version}`
}

/** A client of a later release asks for what this one cannot speak. @throws ElasticError */
export function refuseLaterClients(request: WebRequest, { major }: Release): void {
  if (major < 8) return
  const flaws = (['Accept', 'Content-Type'] as const).flatMap((name) => {
    const value = request.header(name.toLowerCase()) ?? ''
    const version = Number(VENDOR.exec(value)?.[1] ?? major)
    return version === major || version === major - 1 ? [] : [{ name, value: value.slice(0, 500), version }]
  })
  const [first] = flaws
  if (!first) return
  const type = 'status_exception'
  const reason = `${first.name} version must be either version ${major} or ${major - 1}, but found ${first.version}. ${first.name}=${first.value}`
  throw new ElasticError(
    400,
    'media_type_header_exception',
    `Invalid media-type value on headers [${flaws.map(({ name }) => name).join(', ')}]`,
    {
      caused_by: { type, reason },
    },
  )
}
