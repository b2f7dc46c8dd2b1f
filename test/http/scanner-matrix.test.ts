import { afterAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { lures } from '../../src/emulators/index.ts'
import { VULNERABLE_PLUGINS } from '../../src/emulators/wordpress/plugin-list.ts'
import type { Host, Hosts } from '../../src/host/contract.ts'
import { createHosts } from '../../src/host/hosts.ts'
import type { Lure } from '../../src/sensor/lure.ts'
import { MemoryState, noEngine, play } from '../harness.ts'
import { findsOf } from './ask.ts'

interface Persona {
  lure: string
  options?: Record<string, unknown>
  /** Index of the port declaration. */
  port?: number
  /** What scanners report of it: probes of its own products. */
  finds: string[]
}

/** A plug-in that does not exist is not there: what this probe looks for is an absence. */
const ABSENCE = 'wp-random-plugin-404'

const trap = (products: string | string[], ...finds: string[]): Persona => ({ lure: 'traps', options: { products }, finds })

/** The products that the recorded probes know; what is not in the table has none. */
const TRAPS: Persona[] = [
  trap('developers', 'CVE-2021-22205', 'CVE-2021-43798'),
  trap('issues', 'CVE-2019-11581'),
  trap('wiki', 'CVE-2021-26085', 'CVE-2022-26138'),
  trap('php', 'CVE-2014-6271', 'CVE-2021-41773', 'CVE-2021-42013', 'docker-compose-config', 'ds-store-file'),
  trap(['phpmyadmin'], 'phpmyadmin-panel'),
  trap('thinkphp', 'CVE-2018-20062', 'thinkphp-2-rce'),
  trap('java', 'CVE-2013-2251', 'CVE-2018-11776', 'CVE-2019-3799', 'springboot-heapdump'),
  trap('data', 'CVE-2020-17519', 'CVE-2022-33891'),
  trap('cluster', 'kubernetes-pods-api'),
  trap('monitoring', 'CVE-2022-23134'),
  trap('logs', 'CVE-2024-36991'),
  trap('helpdesk', 'CVE-2021-44515'),
  trap('service', 'CVE-2024-5217'),
  trap('erp', 'CVE-2020-6207'),
  trap('fortinet', 'CVE-2022-40684'),
  trap('palo-alto', 'CVE-2017-15944', 'CVE-2024-0012', 'CVE-2025-0108'),
  trap('asa', 'CVE-2020-3452', 'cisco-asa-panel-detect'),
  trap('press'),
  trap('printer'),
  trap('queues'),
  trap('mongo'),
  trap('netscaler', 'CVE-2019-19781-fetch', 'CVE-2019-19781-newbm', 'citrix-adc-gateway-panel', 'citrix-vpn-detect'),
  trap('ivanti', 'CVE-2023-46805'),
  trap('mobile', 'CVE-2023-35082'),
  trap('f5', 'CVE-2020-5902'),
  trap('sonicwall', 'CVE-2024-38475'),
  trap('cisco-router', 'CVE-2023-20198'),
  trap('cisco-branch', 'CVE-2019-1653'),
  trap('aria', 'CVE-2021-21975', 'CVE-2023-20887'),
]

const PERSONAS: Persona[] = [
  { lure: 'cisco-asa', finds: ['CVE-2020-3452', 'anyconnect-init', 'cisco-asa-panel-detect'] },
  {
    lure: 'citrix',
    finds: [
      'CVE-2019-19781-fetch',
      'CVE-2019-19781-newbm',
      'CVE-2023-24488',
      'CVE-2023-3519-version',
      'citrix-adc-gateway-panel',
      'citrix-oob-memory-read #2',
      'citrix-vpn-detect',
      'netscaler-pluginlist',
    ],
  },
  {
    lure: 'web-app',
    finds: [
      // Whatever the parameter of its front page is called, it reads files and runs commands: these two are right.
      'CVE-2021-39316',
      'CVE-2022-33891',
      'tanner-cmd-id',
      'tanner-crlf',
      'tanner-lfi',
      'tanner-php-object',
      'top-xss-params',
    ],
  },
  { lure: 'wordpress', finds: ['wordpress-login', 'wordpress-xmlrpc-listmethods', 'wp-revslider'] },
  {
    lure: 'wordpress',
    options: { vulnerable: [...VULNERABLE_PLUGINS] },
    finds: ['CVE-2016-10956', 'CVE-2018-7422', 'CVE-2024-27956', 'wordpress-login', 'wordpress-xmlrpc-listmethods', 'wp-revslider'],
  },
  { lure: 'elasticsearch', finds: ['elasticsearch'] },
  { lure: 'elasticsearch', options: { version: '6.8.23' }, finds: ['elasticsearch'] },
  { lure: 'elasticsearch', options: { version: '1.4.2' }, finds: ['elasticsearch'] },
  // What these four are vulnerable to shows itself in a call-back, which never comes.
  { lure: 'log4shell', port: 0, finds: [] },
  { lure: 'log4shell', port: 1, finds: [] },
  { lure: 'log4shell', port: 2, finds: [] },
  { lure: 'log4shell', port: 3, finds: ['elasticsearch'] },
  { lure: 'rest-api', finds: [] },
  { lure: 'secrets-maze', options: { hold: { firstMs: 0, maxMs: 0 } }, finds: ['docker-compose-config'] },
  { lure: 'mcp', finds: [] },
  { lure: 'ollama-api', finds: [] },
  { lure: 'ipp', finds: [] },
  ...TRAPS,
]

const identity = new Identity(Buffer.alloc(32, 7))
const machines = createHosts({ identity, engine: noEngine, state: new MemoryState() })
/** The persona's machines, without the time that `nslookup` takes where no name server answers. */
const hosts: Hosts = {
  of: (...of) =>
    new Proxy(machines.of(...of), {
      get(host, key) {
        if (key === 'run') {
          const run: Host['run'] = (request) => host.run({ ...request, command: request.command.replaceAll('nslookup', 'true') })
          return run
        }
        const value: unknown = Reflect.get(host, key, host)
        return typeof value === 'function' ? value.bind(host) : value
      },
    }),
  close: () => machines.close(),
}
afterAll(() => hosts.close())

/** What all recorded probes find, and what went wrong meanwhile. */
async function scanned({ lure: name, options = {}, port = 0 }: Omit<Persona, 'finds'>): Promise<{ finds: string[]; faults: unknown[] }> {
  const lure = lures.find((one) => one.name === name) as Lure
  // Without TLS, which is not what is asked about here.
  const plain = { ...lure, ports: lure.ports.filter(({ transport }) => transport === 'tcp').map((one) => ({ ...one, tls: false })) }
  const playing = await play(plain, {
    persona: 'debian-web',
    options,
    hosts,
    identity,
    settings: { limits: { connectionsPerSource: 300 } },
  })
  try {
    const finds = await findsOf(playing, port)
    return { finds: finds.filter((found) => found !== ABSENCE), faults: [...playing.data('lure.fault'), ...playing.deadLetters] }
  } finally {
    await playing.stop()
  }
}

const nameOf = ({ lure, options = {}, port }: Persona): string => {
  const which = port ?? options.products ?? options.version ?? (options.vulnerable ? 'with every hole' : undefined)
  return which === undefined ? lure : `${lure} ${which}`
}

describe('what scanners report', () => {
  it.each(PERSONAS.map((persona) => [nameOf(persona), persona] as const))(
    'of %s is what it is vulnerable to, and nothing else',
    async (_, persona) => {
      expect(await scanned(persona)).toEqual({ finds: [...persona.finds].sort(), faults: [] })
    },
    30_000,
  )

  it('of all trap products together is what each has, so the others have nothing that the probes know', async () => {
    const { finds, faults } = await scanned({ lure: 'traps', options: { products: 'all' } })
    const known = new Set(TRAPS.flatMap((persona) => persona.finds))
    expect([finds.filter((found) => !known.has(found)), faults]).toEqual([[], []])
  }, 30_000)
})
