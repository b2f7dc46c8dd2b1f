import { existsSync, readdirSync } from 'node:fs'

/** Names of the lures that have seeds: a file `seeds/<lure>.ts` whose default export is a list of inputs. */
export function seededLures(): string[] {
  return readdirSync(new URL('./seeds/', import.meta.url))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3))
}

/**
 * @param port as the lure declares it, `udp 500`; a file whose ports speak several protocols exports `byPort`, seeds for those
 * that its default export does not fit
 */
export async function seedsOf(lure: string, port?: string): Promise<readonly Buffer[]> {
  const file = new URL(`./seeds/${lure}.ts`, import.meta.url)
  if (!existsSync(file)) return []
  const module = (await import(file.href)) as { default: readonly Buffer[]; byPort?: Record<string, readonly Buffer[]> }
  return (port === undefined ? undefined : module.byPort?.[port]) ?? module.default
}

/** Options that a lure is fuzzed with, where its seeds need others than the usual: their file exports `options`. */
export async function optionsOf(lure: string): Promise<Record<string, unknown>> {
  const file = new URL(`./seeds/${lure}.ts`, import.meta.url)
  if (!existsSync(file)) return {}
  const module = (await import(file.href)) as { options?: Record<string, unknown> }
  return module.options ?? {}
}
