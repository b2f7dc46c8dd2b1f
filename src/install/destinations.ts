import type { AlertDestination } from '../config/alerts.ts'
import type { OutputEntry } from '../config/outputs.ts'
import type { Settings } from '../config/schema.ts'

/** A host and port that the settings let Sundew connect to, and why. */
export interface Destination {
  what: string
  host: string
  port: number
}

/**
 * All that Sundew may ever connect to, as the settings say it.
 * @param hive address of the bus when the sensor has joined a hive: `nats://hive.example:4222`
 */
export function destinationsOf(settings: Settings, hive?: string): Destination[] {
  const { llm, store, alerts, outputs, lookups } = settings
  return [
    ...(llm.enabled ? [...llm.backends, ...(llm.secondGuard ? [llm.secondGuard] : [])].map(({ url }) => at('model server', url)) : []),
    ...(store.url === undefined ? [] : [at('events', store.url)]),
    ...(hive === undefined ? [] : [at('hive', hive)]),
    ...outputs
      .filter(({ enabled }) => enabled)
      .flatMap((entry) => addressesOf(entry).map((address) => at(`output ${entry.name ?? entry.kind}`, address))),
    ...alerts.destinations.map((one) => at(`alerts ${one.name}`, addressOf(one))),
    ...(lookups.virusTotal.key === '' ? [] : [at('look-ups', lookups.virusTotal.url)]),
  ]
}

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'nats:': 4222, 'postgresql:': 5432, 'postgres:': 5432 }

function at(what: string, address: string): Destination {
  const { protocol, hostname, port } = new URL(address)
  return { what, host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (PORTS[protocol] ?? 443) }
}

function addressesOf(entry: OutputEntry): string[] {
  switch (entry.kind) {
    case 'tpot':
      return []
    case 'syslog':
    case 'hpfeeds':
      return [hostAndPort(entry.host, entry.port)]
    case 'nats':
      return entry.servers.map((server) => (server.includes('://') ? server : `nats://${server}`))
    case 'kafka':
      return entry.brokers.map((broker) => `tcp://${broker}`)
    default:
      return [entry.url]
  }
}

function addressOf(destination: AlertDestination): string {
  if (destination.kind === 'mail') return hostAndPort(destination.host, destination.port)
  if (typeof destination.url === 'string') return destination.url
  // Slack's and Discord's addresses are secrets and may stand in the environment.
  return process.env[destination.url.env] ?? (destination.kind === 'slack' ? 'https://hooks.slack.com' : 'https://discord.com')
}

function hostAndPort(host: string, port: number): string {
  return `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`
}
