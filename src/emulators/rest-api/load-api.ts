import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigProblem } from '../../config/problem.ts'
import { parseYaml } from '../../config/yaml.ts'
import { Api } from './api.ts'
import { apiOfOpenApi, OpenApi } from './openapi.ts'

const SHIPPED = join(import.meta.dirname, 'apis')
const REFERENCE = 'docs/rest-api.md lists every key'
const AnyDocument = z.looseObject({ openapi: z.unknown().optional() })

/**
 * The API of a file: of our own form, or an OpenAPI 3 document (YAML or JSON).
 * @param name a shipped one by its name (`billing`), else a path
 * @throws ConfigProblem with file, line, key and cure for every mistake
 */
export function loadApi(name: string): Api {
  const file = /^[a-z-]{1,40}$/.test(name) ? join(SHIPPED, `${name}.yaml`) : name
  const text = textOf(file)
  const { openapi } = parseYaml(file, text, AnyDocument, REFERENCE)
  if (openapi === undefined) return parseYaml(file, text, Api, REFERENCE)
  return Api.parse(apiOfOpenApi(parseYaml(file, text, OpenApi, 'the OpenAPI 3 specification lists every key')))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigProblem([
      { file, key: '', what: `cannot be read: ${(error as Error).message}`, cure: 'name a shipped API (billing) or a file with one' },
    ])
  }
}
