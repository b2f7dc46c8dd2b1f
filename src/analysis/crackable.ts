import type { FactCount } from '../store/contract.ts'

/**
 * Challenges and responses as hashcat reads them.
 * @param hashes values of the fact `hash`: hashcat's mode, a tab, the line
 * @param mode only lines of this mode; else each is led by a comment that names its own, which hashcat skips
 */
export function crackable(hashes: readonly FactCount[], mode?: number): string[] {
  const lines = hashes
    .map(({ value }) => value.split('\t', 2) as [string, string])
    .filter(([own]) => mode === undefined || Number(own) === mode)
  return mode === undefined ? lines.flatMap(([own, line]) => [`# hashcat -m ${own}`, line]) : lines.map(([, line]) => line)
}
