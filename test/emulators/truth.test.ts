import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import ftp from '../../src/emulators/ftp/index.ts'
import imap from '../../src/emulators/imap/index.ts'
import pop3 from '../../src/emulators/pop3/index.ts'
import smtp from '../../src/emulators/smtp/index.ts'
import type { Lure } from '../../src/sensor/lure.ts'
import { type Playing, play } from '../harness.ts'
import { accountsOnly } from './hosts.ts'
import { holds, type Step } from './recorded.ts'

/** The daemons as Debian installs them, without users, AUTH or TLS of their own. */
const PLAYED: [lure: Lure, daemon: string, options: Record<string, unknown>][] = [
  [smtp, 'postfix', { product: 'postfix', auth: [], starttls: false }],
  [smtp, 'exim4-daemon-light', { product: 'exim', auth: [] }],
  [pop3, 'dovecot-pop3d', { auth: ['PLAIN'], stls: false }],
  [imap, 'dovecot-imapd', { auth: ['PLAIN'], starttls: false }],
  [ftp, 'vsftpd', { product: 'vsftpd', tls: false, anonymous: 'off' }],
  [ftp, 'proftpd-core', { product: 'proftpd', tls: false, anonymous: 'off' }],
  [ftp, 'pure-ftpd', { product: 'pure-ftpd', anonymous: 'off' }],
]

const mask = (reply: string): string =>
  reply
    .replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/, 'DATE')
    .replace(/user number \d+/, 'user number N')
    .replace(/Local time is now \d\d:\d\d. Server port: \d+/, 'Local time is now T. Server port: N')

let p: Playing
afterEach(() => p.stop())

describe.each(PLAYED)('$0.name', (lure, daemon, options) => {
  it(`answers as ${daemon} did`, async () => {
    const file = new URL(`${lure.name}/truth.json`, import.meta.url)
    const records = JSON.parse(readFileSync(file, 'utf8')) as { of: string; dialogue: Step[] }[]
    const record = records.find(({ of }) => of.startsWith(`${daemon} `))
    expect(record, daemon).toBeDefined()
    p = await play(lure, {
      persona: 'mail-host',
      prompts: 'test/fixtures/prompts',
      hosts: accountsOnly(),
      options: { ...options, login: { policy: 'list' }, delays: false },
    })
    await holds(p.port(), record!.dialogue, mask)
  })
})
