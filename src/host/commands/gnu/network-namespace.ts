import type { Process } from '../../command.ts'
import { own } from '../../process/exec.ts'
import { INITIAL_NAMESPACES } from '../../process/namespaces.ts'
import { type Interface, interfaces, type Route, routes } from '../../world/network.ts'

/** Whether the process has gone into a network namespace of its own (`unshare -n`). */
export function isApart(process: Process): boolean {
  return own(process).namespaces.net !== INITIAL_NAMESPACES.net
}

/** The interfaces that a process sees: a fresh namespace has a loopback that is down. */
export function interfacesOf(process: Process): Interface[] {
  const all = [...interfaces(process.world)]
  if (!isApart(process)) return all
  const nothing = { bytes: 0, packets: 0, dropped: 0 }
  return all
    .filter(({ loopback }) => loopback)
    .map((entry) => ({ ...entry, address: '', ipv6: [], up: false, queue: 'noop', received: nothing, sent: nothing }))
}

export function routesOf(process: Process): Route[] {
  return isApart(process) ? [] : [...routes(process.world)]
}
