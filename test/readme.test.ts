import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { systemsMarkdown } from '../src/cli/verbs/systems.ts'
import { verbs } from '../src/cli/verbs.ts'
import { ENVIRONMENT } from '../src/config/load.ts'
import { listPersonas } from '../src/config/personas.ts'
import { PROFILES } from '../src/config/schema.ts'

const readme = readFileSync('README.md', 'utf8')
const { scripts, dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, Record<string, string>>

describe('the README', () => {
  it('says which lure stands for which system of T-Pot, as the lures declare it', () => {
    expect(readme).toContain(systemsMarkdown())
  })

  it('names every variable, profile, persona and dependency', () => {
    const words = [...Object.keys(ENVIRONMENT), ...PROFILES, ...listPersonas('prompts'), ...Object.keys(dependencies ?? {})]
    expect(words.filter((word) => !readme.includes(word))).toEqual([])
  })

  it('speaks of verbs and scripts that exist', () => {
    const named = [...readme.matchAll(/npm run sundew -- ([a-z]+)/g)].map(([, verb]) => verb as string)
    expect(named.filter((verb) => !Object.hasOwn(verbs, verb))).toEqual([])
    const run = [...readme.matchAll(/npm run ([a-z-]+)/g)].map(([, script]) => script as string)
    expect(run.filter((script) => !Object.hasOwn(scripts ?? {}, script))).toEqual([])
  })

  it('links to files that exist', () => {
    for (const [, target] of readme.matchAll(/\]\(([^)#:]+)\)/g)) expect(readFileSync(target as string).length).toBeGreaterThan(0)
  })
})
