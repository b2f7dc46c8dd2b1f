import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { DatabaseSeed } from './database-seed.ts'
import { datedPictures } from './dated-pictures.ts'
import { asWritten, drawNames, renamed } from './drawn-names.ts'
import { HONEYTOKEN_KINDS, HONEYTOKEN_MARK, isHoneytokenKind } from './honeytoken-kinds.ts'
import type { Identity } from './identity.ts'
import { type Persona, Persona as PersonaSchema, type PersonaSpec } from './persona.ts'
import { ConfigProblem, type Problem } from './problem.ts'
import { renamedTree } from './renamed-tree.ts'
import { fillSeedBytes, fillSeedText } from './seed-text.ts'
import { parseYaml } from './yaml.ts'

/** Names of the personas in a prompts folder. */
export function listPersonas(promptsFolder: string): string[] {
  if (!existsSync(promptsFolder)) return []
  return readdirSync(promptsFolder, { withFileTypes: true })
    .filter((e) => e.isDirectory() && existsSync(join(promptsFolder, e.name, 'persona.yaml')))
    .map((e) => e.name)
    .sort()
}

/**
 * Reads one persona folder.
 * @param now UTC milliseconds from which the days in seeds count back
 * @param names what stands in place of the names that the persona is written with
 * @throws ConfigProblem when the folder is missing, the yaml does not fit or a prompt names an unknown variable
 */
export function loadPersona(
  promptsFolder: string,
  name: string,
  identity: Identity,
  now = Date.now(),
  names: typeof drawNames = asWritten,
): Persona {
  const folder = join(promptsFolder, name)
  const file = join(folder, 'persona.yaml')
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name) || !existsSync(file)) {
    const known = listPersonas(promptsFolder).join(', ') || '(none)'
    throw new ConfigProblem([{ file: promptsFolder, key: 'persona', what: `there is no persona "${name}"`, cure: `use one of: ${known}` }])
  }
  const text = readFileSync(file, 'utf8')
  const written = parseYaml(file, text, PersonaSchema)
  if (written.name !== name) {
    throw new ConfigProblem([{ file, key: 'name', what: `says "${written.name}"`, cure: `name it like its folder: ${name}` }])
  }
  const rename = names(written.names, name, identity)
  const spec = renamed(written, rename)
  const prompts = { shell: readPrompt(folder, 'shell.md', spec), web: readPrompt(folder, 'web.md', spec) }
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12)
  const version = versionOf(digest, prompts)
  const number = String(identity.integer(`persona/${name}/host-number`, 1, 24)).padStart(2, '0')
  const hostname = identity.pick(`persona/${name}/hostname`, spec.hostnames).replace('{n}', number)
  const values = seedValues(spec, hostname)
  const seeds = (sub: string): Map<string, Buffer> =>
    new Map(
      [...renamedTree(readTree(join(folder, sub)), rename)].map(([path, bytes]) => [
        fillSeedText(path, values, now),
        fillSeedBytes(bytes, values, now),
      ]),
    )
  const database = renamed(readDatabase(folder), rename)
  const files = seeds('files')
  const site = seeds('site')
  checkHoneytokens(join(folder, 'files'), files)
  checkHoneytokens(join(folder, 'site'), site)
  return { ...spec, digest, version, hostname, prompts, files, site, ...(database && { database }) }
}

function checkHoneytokens(folder: string, seeds: ReadonlyMap<string, Buffer>): void {
  const problems = []
  for (const [path, bytes] of seeds) {
    if (!bytes.includes('{{honeytoken:')) continue
    for (const [index, line] of bytes.toString('latin1').split('\n').entries()) {
      const known = [...line.matchAll(HONEYTOKEN_MARK)].filter(([, kind = '']) => isHoneytokenKind(kind)).length
      if (line.split('{{honeytoken:').length - 1 === known) continue
      const cure = `write {{honeytoken:KIND:NAME}}, KIND one of: ${Object.keys(HONEYTOKEN_KINDS).join(', ')}`
      problems.push({ file: folder + path, line: index + 1, key: '{{honeytoken:…}}', what: 'there is no such kind of secret', cure })
    }
  }
  if (problems.length) throw new ConfigProblem(problems)
}

function readDatabase(folder: string): DatabaseSeed | undefined {
  const file = join(folder, 'database.yaml')
  return existsSync(file) ? parseYaml(file, readFileSync(file, 'utf8'), DatabaseSeed) : undefined
}

function seedValues(spec: PersonaSpec, hostname: string): Map<string, string> {
  const address = spec.network.interfaces[0]?.address.split('/')[0] ?? '127.0.0.1'
  const facts = Object.entries(spec.facts).map(([name, value]): [string, string] => [`facts.${name}`, value])
  // A repository cannot hold a folder of the name .git, so seeds write {{dot}}git.
  return new Map([
    ['dot', '.'],
    ['hostname', hostname],
    ['domain', spec.domain],
    ['address', address],
    ['kernel', spec.os.kernel.release],
    ...facts,
  ])
}

/** The persona as this install plays it: {@link loadPersona} with names and pictures of its own. */
export function playedPersona(promptsFolder: string, name: string, identity: Identity): Persona {
  const persona = loadPersona(promptsFolder, name, identity, Date.now(), drawNames)
  return { ...persona, site: datedPictures(persona.site, identity) }
}

/** Variables a prompt text may use as `{{name}}`; `facts.*` come from the persona itself. */
export const PROMPT_VARIABLES = [
  'hostname',
  'domain',
  'os',
  'kernel',
  'machine',
  'cpu',
  'memory',
  'address',
  'user',
  'cwd',
  'time',
  'web_server',
  'title',
  'summary',
]

/** The version of a persona: changes with its persona.yaml and with its prompt texts. */
export function versionOf(digest: string, { shell, web }: Persona['prompts']): string {
  return createHash('sha256').update(`${digest}\0${shell}\0${web}`).digest('hex').slice(0, 12)
}

function readPrompt(folder: string, name: string, spec: { facts: Record<string, string> }): string {
  const file = join(folder, name)
  if (!existsSync(file))
    throw new ConfigProblem([
      { file, key: '', what: 'is missing', cure: `write the prompt text; prompts/debian-web/${name} is an example` },
    ])
  const text = readFileSync(file, 'utf8')
  const problems = checkPrompt(file, text, spec)
  if (problems.length) throw new ConfigProblem(problems)
  return text
}

/** Marks of a prompt text that stand for nothing. @param file what the problems name as their place */
export function checkPrompt(file: string, text: string, { facts }: { facts: Record<string, string> }): Problem[] {
  const known = new Set([...PROMPT_VARIABLES, ...Object.keys(facts).map((f) => `facts.${f}`)])
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/\{\{\s*([^{}\s]{1,60})\s*\}\}/g)].flatMap(([, variable = '']) =>
      known.has(variable)
        ? []
        : {
            file,
            line: index + 1,
            key: `{{${variable}}}`,
            what: 'there is no such variable',
            cure: `use one of: ${[...known].join(', ')}`,
          },
    ),
  )
}

/** Files below a folder as `/`-separated paths; the folder itself is trusted, it is the operator's. */
function readTree(folder: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  if (!existsSync(folder)) return files
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, entry)
    if (statSync(path).isFile()) files.set(`/${relative(folder, path).split(sep).join('/')}`, readFileSync(path))
  }
  return files
}
