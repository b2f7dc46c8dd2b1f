import { z } from 'zod'

/** Most ports of one use: each is a file descriptor, and a sweep that finds thousands open believes none of them. */
export const MOST_PORTS = 4096

/** Ports as people write them: `79, 8000-8010, 9999`. At most 4096. */
export const PortList = z.string().transform((text, context) => {
  const ports = new Set<number>()
  for (const part of text.split(',').map((one) => one.trim())) {
    const [, first, last] = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(part) ?? []
    const from = Number(first)
    const to = Number(last ?? first)
    if (first === undefined || from < 1 || to > 65535 || from > to) {
      context.addIssue(`"${part}" is no port from 1 to 65535 and no range such as 8000-8010`)
      return z.NEVER
    }
    if (ports.size + to - from + 1 > MOST_PORTS) {
      context.addIssue(`more than ${MOST_PORTS} ports; every one is a file descriptor`)
      return z.NEVER
    }
    for (let port = from; port <= to; port++) ports.add(port)
  }
  return [...ports].sort((a, b) => a - b)
})
