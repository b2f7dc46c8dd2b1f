import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigProblem, type Problem } from '../../config/problem.ts'
import { lineFinder, parseYaml } from '../../config/yaml.ts'
import { Product, Sets } from './schema.ts'

const REFERENCE = 'docs/traps.md lists every key'

/** The trap files that come with the project. */
export const SHIPPED_TRAPS = join(import.meta.dirname, '../../../traps')

/** All products of a folder, one a file. `sets.yaml` is no product. @throws ConfigProblem with file, line, key and cure for every mistake */
export function loadTraps(folder: string): Product[] {
  const files = yamlFiles(folder).filter((name) => name !== 'sets.yaml')
  const problems: Problem[] = []
  const seen = new Map<string, string>()
  const products = files.flatMap((name): Product[] => {
    const file = join(folder, name)
    try {
      const text = readFileSync(file, 'utf8')
      const product = parseYaml(file, text, Product, REFERENCE)
      problems.push(...repeated(file, text, product, seen))
      return [product]
    } catch (error) {
      if (!(error instanceof ConfigProblem)) throw error
      problems.push(...error.problems)
      return []
    }
  })
  if (problems.length > 0) throw new ConfigProblem(problems)
  return products
}

/** Sets of products of a folder; none when it has no `sets.yaml`. @throws ConfigProblem */
export function loadSets(folder: string): Sets {
  const file = join(folder, 'sets.yaml')
  return yamlFiles(folder).includes('sets.yaml') ? parseYaml(file, readFileSync(file, 'utf8'), Sets, REFERENCE) : {}
}

function yamlFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new ConfigProblem([
      {
        file: folder,
        key: '',
        what: `cannot be read: ${message}`,
        cure: code === 'ENOENT' ? 'name a folder of trap files' : 'see the message',
      },
    ])
  }
}

/** An id names one trap, and a step behind another needs that other. */
function repeated(file: string, text: string, { product, traps }: Product, seen: Map<string, string>): Problem[] {
  const lineOf = lineFinder(text)
  const problem = (path: PropertyKey[], key: string, what: string, cure: string): Problem => {
    const line = lineOf(path)
    return { file, key, what, cure, ...(line === undefined ? {} : { line }) }
  }
  const own = new Set(traps.map(({ id }) => id))
  return traps.flatMap(({ id, after, match, examples }, index) => {
    const known = seen.get(id)
    seen.set(id, product)
    const at = `traps[${index}]`
    return [
      ...(known === undefined
        ? []
        : [problem(['traps', index, 'id'], `${at}.id`, `"${id}" is a trap of ${known} already`, 'give it another id')]),
      ...after
        .filter((earlier) => !own.has(earlier))
        .map((earlier) =>
          problem(['traps', index, 'after'], `${at}.after`, `there is no trap "${earlier}" here`, 'name a trap of this file'),
        ),
      ...(typeof match !== 'string' && examples.length === 0
        ? [problem(['traps', index], at, 'there is no example', 'add `examples` with a request that this trap is for')]
        : []),
    ]
  })
}
