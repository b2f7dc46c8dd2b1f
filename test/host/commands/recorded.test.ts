import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadPersona } from '../../../src/config/personas.ts'
import { commands } from '../../../src/host/commands/index.ts'
import { makeHost, testIdentity } from '../harness.ts'

/** A command line and what Debian 12's own tools answered (record.ts). */
interface Recorded {
  cmd: string
  stdout: string
  stderr: string
  rc: number
}

const folder = new URL('cases/', import.meta.url)

/** A host that has the package of each command. */
function hostWithAll() {
  const persona = loadPersona('prompts', 'debian-web', testIdentity)
  const known = new Set(persona.packages.map((line) => line.split(' ')[0]))
  const missing = new Set(commands.flatMap((command) => (command.package && !known.has(command.package) ? [command.package] : [])))
  return makeHost('debian-web', { persona: { ...persona, packages: [...persona.packages, ...[...missing].map((name) => `${name} 1.0`)] } })
}

describe.each(readdirSync(folder))('as GNU and Debian answer: %s', (name) => {
  const cases = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recorded[]
  const host = hostWithAll()

  it.each(cases)('$cmd', async ({ cmd, stdout, stderr, rc }) => {
    const answer = await host.run(`export LC_ALL=C TZ=UTC; rm -rf /tmp/w; mkdir /tmp/w; cd /tmp/w; ${cmd}`)
    expect(answer).toEqual({ stdout, stderr, exitCode: rc })
  })
})
