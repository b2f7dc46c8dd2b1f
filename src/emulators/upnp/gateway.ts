/** Which router this is: one of each installation, the same over SSDP, its description and its services. */
import type { Identity } from '../../config/identity.ts'

const DAY_S = 86_400

export interface Gateway {
  /** Of the root device, the WAN device and the connection: they count up, as MiniUPnPd makes them. */
  uuids: readonly [string, string, string]
  server: string
  serial: string
  /** Seconds since 1970 of its start. */
  bootId: number
  externalAddress: string
}

export function gatewayOf(identity: Identity, persona: { os: { name: string; kernel: { release: string } } }, external: string): Gateway {
  const uuid = identity.uuid('upnp uuid').slice(0, -1)
  const system = persona.os.name.split(' ')[0]?.replace('/Linux', '') || 'Linux'
  return {
    uuids: [`${uuid}0`, `${uuid}1`, `${uuid}2`],
    server: `${system}/${persona.os.kernel.release} UPnP/1.1 MiniUPnPd/2.3.1`,
    serial: String(identity.integer('upnp serial', 10_000_000, 99_999_999)),
    bootId: Math.floor(Date.now() / 1000) - identity.integer('upnp uptime', 3 * DAY_S, 90 * DAY_S),
    externalAddress: external,
  }
}
