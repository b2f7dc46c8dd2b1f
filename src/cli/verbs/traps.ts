import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { ConfigProblem } from '../../config/problem.ts'
import {
  examplesOf,
  importNuclei,
  loadSets,
  loadTraps,
  type Product,
  requestOf,
  SHIPPED_TRAPS,
  TrapEngine,
} from '../../http/traps/index.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Arguments, ExitCode, Output, Verb } from '../verb.ts'

const columns: Column[] = [
  { title: 'PRODUCT' },
  { title: 'VERSION', max: 16 },
  { title: 'TRAP' },
  { title: 'RISK', align: 'right' },
  { title: 'CVE', max: 34 },
  { title: 'ABOUT', max: 60 },
]

export const traps: Verb = {
  name: 'traps',
  summary: 'vulnerable products in trap files: list, check, make them of nuclei templates',
  usage: 'ls [PRODUCT…] | sets | lint [FOLDER…] | import TEMPLATE…',
  examples: [
    'sundew traps ls confluence',
    'sundew traps sets',
    'sundew traps lint my-traps',
    'sundew traps import CVE-2024-4040.yaml > my-traps/crushftp.yaml',
    'sundew traps import http/cves/2024/*.yaml --into my-traps',
  ],
  options: { into: { type: 'string' } },
  about: { into: 'the folder that imported products are written to, a file each; without it one product is printed' },
  async run({ words: [what = 'ls', ...words], json, options }, output) {
    switch (what) {
      case 'ls':
        return list(words, json, output)
      case 'sets':
        return sets(json, output)
      case 'lint':
        return lint(words.length > 0 ? words : [SHIPPED_TRAPS], output)
      case 'import':
        return importAll(words, typeof options.into === 'string' ? options.into : undefined, output)
      default:
        throw new UsageProblem('say ls, sets, lint or import')
    }
  },
}

function list(wanted: readonly string[], json: Arguments['json'], output: Output): ExitCode {
  const products = loadTraps(SHIPPED_TRAPS).filter(({ product }) => wanted.length === 0 || wanted.includes(product))
  if (json) {
    output.line(jsonLine(products))
    return 0
  }
  const rows = products.flatMap(({ product, version, traps: own }) =>
    own.map(({ id, risk, cve = [], about }) => [product, version, id, risk, [cve].flat().join(' '), about]),
  )
  output.line(table(columns, rows))
  output.line(`${rows.length} traps of ${products.length} products`)
  return 0
}

function sets(json: Arguments['json'], output: Output): ExitCode {
  const known = loadSets(SHIPPED_TRAPS)
  if (json) output.line(jsonLine(known))
  else {
    const rows = Object.entries(known).map(([name, { about, products }]) => [name, products.join(', '), about])
    output.line(table([{ title: 'SET' }, { title: 'PRODUCTS' }, { title: 'ABOUT' }], rows))
  }
  return 0
}

/** Reads folders, and lets every trap meet its own examples: it must, and no other may. */
function lint(folders: readonly string[], output: Output): ExitCode {
  const products = folders.flatMap((folder) => loadTraps(folder))
  const engine = new TrapEngine(products)
  const wrong = products.flatMap((product) => wrongExamples(product, engine))
  for (const line of wrong) output.error(line)
  if (wrong.length === 0) output.line(`${engine.size} traps of ${products.length} products: good, each is met by its examples alone`)
  return wrong.length === 0 ? 0 : 2
}

function wrongExamples({ product, traps: own }: Product, engine: TrapEngine): string[] {
  return own.flatMap((trap) =>
    examplesOf(trap)
      .filter(({ after }) => after.length === 0 && trap.after.length === 0)
      .flatMap(({ bytes }) => {
        const met = engine.findAll(requestOf(bytes)).map((found) => found.trap.id)
        if (met.length === 1 && met[0] === trap.id) return []
        const request = bytes.subarray(0, bytes.indexOf('\r\n')).toString('latin1')
        const others = met.filter((id) => id !== trap.id)
        const what = met.includes(trap.id) ? `is met by ${others.join(', ')} too` : `meets ${others.join(', ') || 'no trap'} instead`
        return [
          `${product}: ${trap.id}: its example "${request}" ${what}\n    cure: make the match and the example fit, or narrow the other match`,
        ]
      }),
  )
}

function importAll(files: readonly string[], folder: string | undefined, output: Output): ExitCode {
  if (files.length === 0) throw new UsageProblem('which TEMPLATE?')
  let failed = 0
  const merged = new Map<string, Product>()
  for (const file of files) {
    try {
      const { product, undecided } = importNuclei(file, readFileSync(file, 'utf8'))
      const known = merged.get(product.product)
      merged.set(product.product, known ? { ...known, traps: [...known.traps, ...product.traps] } : product)
      for (const reason of undecided) output.error(`${file}: its scanner may not be satisfied: ${reason}`)
    } catch (error) {
      if (!(error instanceof ConfigProblem)) throw error
      failed++
      output.error(error.message)
    }
  }
  if (folder === undefined) {
    if (merged.size > 1) throw new UsageProblem(`these are ${merged.size} products: name a folder with --into`)
    for (const product of merged.values()) output.raw(yamlOf(product))
  } else {
    mkdirSync(folder, { recursive: true })
    for (const product of merged.values()) writeFileSync(join(folder, `${product.product}.yaml`), yamlOf(product))
    output.line(`${merged.size} products in ${folder}; "sundew traps lint ${folder}" checks them`)
  }
  return failed === 0 ? 0 : 2
}

/** Without what is empty: an operator shall find the few lines that matter. */
function yamlOf(product: Product): string {
  const isEmpty = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0
  return stringify(JSON.parse(JSON.stringify(product, (_, value: unknown) => (isEmpty(value) ? undefined : value))) as unknown, {
    lineWidth: 0,
  })
}
