import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import type { Persona } from '../../../src/config/persona.ts'
import { DnsServer } from '../../../src/emulators/dns/service.ts'

/** BIND 9.18.49 of Debian 12, primary of lan.test, without a way to the root: one question over each transport. */
const recorded: readonly { name: string; send: string; udp: string | null; tcp: string }[] = JSON.parse(
  readFileSync(new URL('./recorded.json', import.meta.url), 'utf8'),
)
const persona = { hostname: 'mail', domain: 'lan.test', network: { interfaces: [{ address: '10.20.0.14/24' }] } }
const server = new DnsServer(new Identity(Buffer.alloc(32, 7)), persona as Persona & { hostname: string }, {
  version: '9.18.49-1~deb12u3-Debian',
  recursion: true,
  sinkhole: [],
})

/** What each installation has of its own: the serial behind `root`, the cookie's second half. */
function common(hex: string, name: string): string {
  const plain = hex.replace(/(04726f6f74c0..|c026c02c)[0-9a-f]{8}/g, '$1serial')
  return name === 'edns cookie' ? plain.replace(/(a00183132333435363738)[0-9a-f]{32}/, '$1cookie') : plain
}

const exceptions: Readonly<Record<string, string>> = {
  'other CH': 'over UDP the recording has no reply: BIND had just sent the same source errors',
  'hostname.bind': 'the host of the recording had another name',
  'authors.bind': 'in another order each time: below',
  'no rd outside': 'in another order each time: below',
  'root NS no rd': 'in another order each time: below',
}

describe('BIND', () => {
  it.each(recorded.filter(({ name }) => !exceptions[name]))('answers $name as recorded', ({ name, send, udp, tcp }) => {
    const over = (transport: 'udp' | 'tcp'): string => {
      const { answer } = server.answer(Buffer.from(send, 'hex'), transport, '127.0.0.1')
      return answer ? common(answer.toString('hex'), name) : ''
    }
    expect(over('udp')).toBe(common(udp ?? '', name))
    expect(over('tcp')).toBe(common(tcp.slice(4), name))
  })

  it.each([
    ['no rd outside', 'udp'],
    ['root NS no rd', 'udp'],
    ['authors.bind', 'tcp'],
  ] as const)('answers %s with the same records in another order', (name, transport) => {
    const { send, udp, tcp } = recorded.find((one) => one.name === name)!
    const { answer } = server.answer(Buffer.from(send, 'hex'), transport, '127.0.0.1')
    const expected = Buffer.from(transport === 'udp' ? udp! : tcp.slice(4), 'hex')
    const inOrder = (bytes: Buffer): string => [...bytes].sort((a, b) => a - b).join(' ')
    expect(answer?.subarray(0, 12)).toEqual(expected.subarray(0, 12))
    expect(inOrder(answer!)).toBe(inOrder(expected))
  })
})
