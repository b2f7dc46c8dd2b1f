import type { Process } from '../../command.ts'

/** What the persona's python3 calls itself. */
export function versionOf(process: Process): { number: string; long: string; build: string; compiler: string } {
  const entry = process.world.persona.packages.find((name) => /^python3\.\d+ /.test(name))?.split(' ')[1] ?? '3.11.2-6'
  const number = (entry.split('-')[0] as string).replace(/\+.*$/, '').replace(/~.*$/, '')
  const [build, compiler] = BUILDS[number] ?? ['main, Apr 28 2025, 14:11:48', 'GCC 12.2.0']
  return { number, build, compiler, long: `${number} (${build}) [${compiler}]` }
}

/** When distributions have built their interpreters, and with what. */
const BUILDS: Readonly<Record<string, readonly [string, string]>> = {
  '3.10.12': ['main, Aug 15 2025, 14:32:43', 'GCC 11.4.0'],
  '3.11.2': ['main, Apr 28 2025, 14:11:48', 'GCC 12.2.0'],
  '3.12.3': ['main, Aug 14 2025, 17:47:21', 'GCC 13.3.0'],
}
