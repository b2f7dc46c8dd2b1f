import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { parseYaml } from '../../config/yaml.ts'
import { MemoryDisk, type SeedFile } from './store/memory-store.ts'

const DAY_MS = 86_400_000
/** Bytes of a program that are made to be read; its size says more. */
const LARGEST_MADE = 4 * 1024 * 1024

const Entry = z.strictObject({ path: z.string(), size: z.number().optional(), text: z.string().optional(), days: z.number() })
const ENTRIES = parseYaml('windows-disk.yaml', readFileSync(new URL('windows-disk.yaml', import.meta.url), 'utf8'), z.array(Entry))

/** Drive C: as a source finds it that was never here. */
export function windowsDisk(persona: Persona, identity: Identity, installedAt: number): MemoryDisk {
  const { gateway, interfaces, dns } = persona.network
  const address = interfaces[0]?.address.split('/')[0] ?? gateway
  const values: Record<string, string> = { hostname: persona.hostname.toUpperCase(), gateway, address, dns: dns[0] ?? gateway }
  const seeds = ENTRIES.map(({ path, size, text, days }): SeedFile => {
    const jitter = identity.integer(`smb/disk/${path}`, 0, DAY_MS - 1)
    const content =
      text === undefined ? undefined : Buffer.from(text.replace(/\{\{(\w{1,20})\}\}/g, (all, mark: string) => values[mark] ?? all))
    return {
      path,
      isDirectory: size === undefined && content === undefined,
      size: size ?? content?.length ?? 0,
      modified: installedAt - days * DAY_MS - jitter,
      content: () => content ?? program(identity, path, size ?? 0),
    }
  })
  return new MemoryDisk(seeds, installedAt)
}

function program(identity: Identity, path: string, size: number): Buffer {
  const bytes = Buffer.alloc(Math.min(size, LARGEST_MADE), identity.bytes(`smb/program/${path}`, 4096))
  bytes.write('MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0', 0, 'latin1')
  return bytes
}
