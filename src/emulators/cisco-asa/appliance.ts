import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import groups from './facts/groups.json' with { type: 'json' }
import releases from './facts/releases.json' with { type: 'json' }

/** Releases in which every hole played here was open. */
export const RELEASES = ['9.8(2)', '9.6(4)', '9.4(4)'] as const
export type ReleaseName = (typeof RELEASES)[number]

const Release = z.object({ asdm: z.string(), built: z.string(), image: z.string(), device: z.string(), firmware: z.string() })

/** A connection profile: what users choose, and its name in the configuration. */
export interface TunnelGroup {
  alias: string
  group: string
}

/** The appliance: every page, message and file takes its facts from here. */
export interface Appliance extends z.infer<typeof Release> {
  /** `9.8(2)` */
  version: string
  hostname: string
  /** Host name and domain: the identity in IKE. */
  fqdn: string
  company: string
  serial: string
  /** Of users, the first is what a client gets that names none. */
  groups: readonly [TunnelGroup, ...TunnelGroup[]]
  /** The number that an AnyConnect client compares to know whether its profile is old. */
  configHash: string
  aggauthHandle: string
  /** UTC milliseconds. */
  startedAt: number
  /** Pre-shared key of a tunnel group over IKE; that of a group it does not have is nobody's. */
  pskOf: (group: string) => string
}

export function applianceOf(persona: Persona, identity: Identity, name: ReleaseName | undefined, now = Date.now()): Appliance {
  const { domain, facts } = persona
  const version = name ?? identity.pick('cisco-asa/release', RELEASES)
  const hostname = identity.pick('cisco-asa/hostname', ['vpn', 'asa', 'fw01', 'asa01', 'vpngw', 'edge-fw'])
  const own = identity.pick('cisco-asa/groups', groups.sets) as [TunnelGroup, ...TunnelGroup[]]
  return {
    ...Release.parse(releases[version]),
    version,
    hostname,
    fqdn: `${hostname}.${domain}`,
    company: facts.company ?? domain,
    serial: `FCH${identity.integer('cisco-asa/year', 18, 21)}${String(identity.integer('cisco-asa/week', 1, 52)).padStart(2, '0')}${base36(identity, 'cisco-asa/serial', 4)}`,
    groups: own,
    configHash: String(identity.integer('cisco-asa/config', 1_510_000_000_000, 1_590_000_000_000)),
    aggauthHandle: String(identity.integer('cisco-asa/handle', 168_000_000, 173_000_000)),
    startedAt: now - identity.integer('cisco-asa/uptime', 20 * 86_400_000, 400 * 86_400_000),
    pskOf: (group) => {
      const known = own.find((one) => one.group.toLowerCase() === group.toLowerCase() || one.alias.toLowerCase() === group.toLowerCase())
      return known ? identity.pick(`cisco-asa/psk/${known.group}`, groups.keys) : identity.hex('cisco-asa/psk', 24)
    },
  }
}

function base36(identity: Identity, label: string, length: number): string {
  return Array.from(identity.bytes(label, length), (byte) => '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ'[byte % 34]).join('')
}
