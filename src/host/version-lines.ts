import type { Persona } from '../config/persona.ts'
import lines from './version-lines.json' with { type: 'json' }

/** How a program of Debian 12 begins its `--version` where its package does not tell; undefined elsewhere. */
export function versionLines({ os }: Persona, name: string): string | undefined {
  return os.codename === 'bookworm' && Object.hasOwn(lines, name) ? `${lines[name as keyof typeof lines]}\n` : undefined
}
