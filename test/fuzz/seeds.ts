import { existsSync, readdirSync } from 'node:fs'

/** Names of the lures that have seeds: a file `seeds/<lure>.ts` whose default export is a list of inputs. */
export function seededLures(): string[] {
  return readdirSync(new URL('./seeds/', import.meta.url))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3))
}

export async function seedsOf(lure: string): Promise<readonly Buffer[]> {
  const file = new URL(`./seeds/${lure}.ts`, import.meta.url)
  if (!existsSync(file)) return []
  const module = (await import(file.href)) as { default: readonly Buffer[] }
  return module.default
}

/** Options that a lure is fuzzed with, where its seeds need others than the usual: their file exports `options`. */
export async function optionsOf(lure: string): Promise<Record<string, unknown>> {
  const file = new URL(`./seeds/${lure}.ts`, import.meta.url)
  if (!existsSync(file)) return {}
  const module = (await import(file.href)) as { options?: Record<string, unknown> }
  return module.options ?? {}
}
