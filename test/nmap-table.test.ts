import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { planPorts } from '../src/config/ports.ts'
import { Settings } from '../src/config/schema.ts'
import { lures } from '../src/lures.ts'
import { isNamed, namesHoneypot, nmapServices, wordsOf } from './clients/nmap-services.ts'

describe('docs/nmap.md', () => {
  const rows = Array.from(
    readFileSync('docs/nmap.md', 'utf8').matchAll(/^\| (\d+)\/(tcp|udp) \| `([a-z0-9-]+)` \| (.+) \|$/gm),
    (row) => row,
  )

  it('has a line for every lure of profile everything', () => {
    const planned = planPorts(Settings.parse({ profile: 'everything' }), lures).map(({ lure }) => lure.name)
    const named = new Set(rows.map(([, , , lure]) => lure))
    expect(planned.filter((name) => name !== 'catch-all' && !named.has(name))).toEqual([])
  })

  it('says of a port without a name why it has none', () => {
    for (const [, port, , , words] of rows) expect(words, port).not.toMatch(/^– ?$/)
  })
})

describe('what nmap -oX writes', () => {
  const port = (service: string): string =>
    `<port protocol="tcp" portid="143"><state state="open" reason="syn-ack" reason_ttl="0"/>${service}</port>`

  it('is read with what it was found by', () => {
    const [probed, guessed] = nmapServices(
      port('<service name="imap" product="Dovecot &amp; co" extrainfo="Debian" tunnel="ssl" method="probed" conf="10"/>') +
        port('<service name="imap" method="table" conf="3"/>'),
    )
    expect(probed && [wordsOf(probed), isNamed(probed), namesHoneypot(probed)]).toEqual(['ssl/imap Dovecot & co (Debian)', true, false])
    expect(guessed && isNamed(guessed)).toBe(false)
  })

  it('is seen to name a honeypot', () => {
    const [found] = nmapServices(port('<service name="ssh" product="Cowrie honeypot" method="probed" conf="10"/>'))
    expect(found && namesHoneypot(found)).toBe(true)
  })
})
