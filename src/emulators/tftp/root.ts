import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { parseYaml } from '../../config/yaml.ts'
import { type Host, HostError, type HostFiles } from '../../host/contract.ts'

export const ROOT = '/srv/tftp'

const SEEDS = parseYaml('files.yaml', readFileSync(new URL('files.yaml', import.meta.url), 'utf8'), z.record(z.string(), z.string()))

/** The folder that TFTP serves, on the simulated host; made and filled when the host has none. */
export function tftpRoot(host: Host, persona: Persona, identity: Identity): HostFiles {
  const files = host.files('root')
  if (exists(files, ROOT)) return files
  const values = valuesOf(persona, identity)
  for (const folder of ['/srv', ROOT]) if (!exists(files, folder)) files.mkdir(folder, 0o755)
  files.chmod(ROOT, 0o777)
  for (const [path, text] of Object.entries(SEEDS)) {
    const folder = `${ROOT}/${path}`.replace(/\/[^/]*$/, '')
    if (!exists(files, folder)) files.mkdir(folder, 0o755)
    files.write(`${ROOT}/${path}`, Buffer.from(text.replace(/\{\{(\w{1,20})\}\}/g, (whole, mark: string) => values[mark] ?? whole)), 0o644)
  }
  return files
}

function valuesOf(persona: Persona, identity: Identity): Record<string, string> {
  const { gateway, interfaces } = persona.network
  const label = `tftp/${persona.name}`
  return {
    hostname: persona.hostname,
    domain: persona.domain,
    address: interfaces[0]?.address.split('/')[0] ?? gateway,
    gateway,
    switch: gateway.replace(/\d+$/, String(identity.integer(`${label}/switch`, 230, 250))),
    site: identity.pick(`${label}/site`, ['floor1', 'floor2', 'core', 'annex', 'basement']),
    secret: `${identity.pick(`${label}/word`, ['Switch', 'Network', 'Cisco', 'Access', 'Backbone'])}${identity.integer(`${label}/n`, 10, 2999)}`,
    community: identity.pick(`${label}/community`, ['public', 'monitor', 'netmon', 'readonly']),
  }
}

export function exists(files: HostFiles, path: string): boolean {
  try {
    files.stat(path)
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

/** The path below the root that a client names; it cannot lead out of it. */
export function pathOf(filename: string): string {
  const parts: string[] = []
  for (const part of filename.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `${ROOT}/${parts.join('/')}`
}
