import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Extensions } from '../../src/emulators/sip/extensions.ts'
import { identity, serve } from '../emulators/sip/conversation.ts'
import type { Playing } from '../harness.ts'
import { ran } from './ran.ts'

const { numbers, weak } = new Extensions(identity, 'asterisk')
const [{ user, password }] = weak as [{ user: string; password: string }]

let pbx: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sip-client-'))
  pbx = await serve({ ringMs: 100 })
})
afterAll(async () => {
  await pbx.stop()
  rmSync(folder, { recursive: true, force: true })
})

function run(program: string, words: string[], within = 40_000): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(program, words, { timeout: within, cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, output: stdout + stderr }),
    )
  })
}

describe('sipsak', () => {
  it('gets its OPTIONS answered', async () => {
    const { code, output } = await run('sipsak', ['-vv', '-s', `sip:${user}@127.0.0.1:${pbx.port(0)}`])
    expect(output).toMatch(/200 OK|SIP\/2\.0 200/)
    expect(code).toBe(0)
  })
})

describe('sipsak', () => {
  it('in its flood gets some answers, no more bytes than it may, and is one flood in the record', async () => {
    const alone = await serve({}, { udp: { governLoopback: true } })
    await run('sipsak', ['-F', '-e', '1000', '-s', `sip:100@127.0.0.1:${alone.port(0)}`], 5000)
    await alone.seen('flood.start')
    await alone.stop()
    const [flood] = alone.data('flood.end') as { packets: number; bytes: number; answeredBytes: number }[]
    expect(flood).toMatchObject({ vector: 'sip', victim: '127.0.0.1' })
    expect(flood!.packets).toBeGreaterThan(20)
    expect(flood!.answeredBytes).toBeLessThan(flood!.bytes)
    expect(alone.data('datagram').length).toBeLessThanOrEqual(21)
  })
})

describe('sipp', () => {
  it.each([
    ['UDP', 0, 'u1'],
    ['TCP', 1, 't1'],
  ])('calls over %s: ringing, answered, ended', async (name, port, transport) => {
    const { code, output } = await run('sipp', [
      '-sn',
      'uac',
      '-t',
      transport,
      '-m',
      '5',
      '-r',
      '5',
      '-d',
      '50',
      '-s',
      '00442071838750',
      '-nostdin',
      '-i',
      '127.0.0.1',
      `127.0.0.1:${pbx.port(port)}`,
    ])
    expect([code, output.slice(-400)]).toEqual([0, expect.any(String)])
    expect(pbx.data('sip.hangup')).toContainEqual(expect.objectContaining({ called: '00442071838750', by: 'caller', answered: true }))
    const requests = pbx.data('sip.request').filter(({ message }) => String(message).includes(`Via: SIP/2.0/${name}`))
    for (const method of ['INVITE', 'BYE']) expect(requests.filter((one) => one.method === method)).toHaveLength(5)
  })
})

describe('baresip', () => {
  it('registers as the weak extension and calls as it', async () => {
    const server = `127.0.0.1:${pbx.port(0)}`
    const modules = ['account', 'g711', 'menu', 'aufile', 'stdio'].map((name) => `module ${name}.so`)
    const config = ['sip_listen 127.0.0.1:0', 'module_path /usr/lib/baresip/modules', 'audio_player aufile,/dev/null', ...modules]
    writeFileSync(join(folder, 'config'), `${config.join('\n')}\n`)
    writeFileSync(join(folder, 'accounts'), `<sip:${user}@${server}>;auth_pass=${password};regint=60\n`)
    const { output } = await run('baresip', ['-f', folder, '-t', '3', '-e', `/dial sip:00442071838750@${server}`])
    expect(output).toContain('200 OK (Asterisk PBX 16.28.0~dfsg-0+deb11u3) [1 binding]')
    expect(output).toContain('SIP Progress: 180 Ringing')
    expect(output).toContain('audio: Set audio encoder: PCMU 8000Hz 1ch')
    const hashes = pbx.data('login').filter(({ username }) => username === user)
    expect(hashes.map(({ accepted }) => accepted)).not.toContain(false)
    expect(pbx.data('sip.call')).toContainEqual(expect.objectContaining({ caller: user, called: '00442071838750' }))
  })
})

describe('nc', () => {
  const nc = async (text: string): Promise<string> => (await ran('nc', ['-u', '-w', '1', '127.0.0.1', String(pbx.port(0))], text)).stdout

  it('gets nothing for what is no request, nor for an ACK', async () => {
    expect(await nc('not SIP')).toBe('')
    expect(pbx.data('sip.malformed').filter(({ bytes }) => bytes === 'not SIP')).toHaveLength(1)
    const headers =
      'Via: SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bK1\r\nFrom: <sip:1@h>;tag=1\r\nTo: <sip:1@h>\r\nCall-ID: 1\r\nCSeq: 1 ACK\r\n'
    expect(await nc(`ACK sip:1@h SIP/2.0\r\n${headers}\r\n`)).toBe('')
  })
})

describe('nmap', () => {
  it('names the product over UDP and TCP', async () => {
    const probes = readFileSync('/usr/share/nmap/nmap-service-probes', 'utf8')
    const sections = probes.split(/^(?=Probe )/m).filter((text) => /^Probe (TCP|UDP) SIPOptions/.test(text))
    const versions = join(folder, 'probes')
    writeFileSync(versions, sections.join('').replace(/^fallback .*$/gm, ''), 'latin1')
    const tcp = await run('nmap', ['-Pn', '-sV', '--version-all', '--versiondb', versions, '-p', String(pbx.port(1)), '127.0.0.1'])
    expect(tcp.output).toMatch(/sip(-proxy)?\s+Asterisk PBX 16\.28\.0~dfsg-0\+deb11u3/)
    const udp = await run('nmap', ['-Pn', '-sU', '-sV', '--version-all', '--versiondb', versions, '-p', String(pbx.port(0)), '127.0.0.1'])
    expect(udp.output).toMatch(/sip(-proxy)?\s+Asterisk PBX 16\.28\.0~dfsg-0\+deb11u3/)
  })

  it.each([
    ['TCP', 1],
    ['UDP', 0],
  ])('lists its methods over %s', async (transport, port) => {
    const scan = transport === 'UDP' ? '-sU' : '-sT'
    const { output } = await run('nmap', ['-Pn', '-n', scan, '-p', String(pbx.port(port)), '--script', '+sip-methods', '127.0.0.1'])
    expect(output).toContain('INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, MESSAGE')
  })

  it('finds the extensions that there are', async () => {
    const { output } = await run('nmap', [
      '-Pn',
      '-sU',
      '-p',
      String(pbx.port(0)),
      '--script',
      '+sip-enum-users',
      '--script-args',
      `sip-enum-users.minext=${numbers[0]},sip-enum-users.maxext=${Number(numbers[0]) + 15},sip-enum-users.padding=${numbers[0]?.length}`,
      '127.0.0.1',
    ])
    const found = new Set([...output.matchAll(/\b(\d+): Auth required/gi)].map(([, number]) => number))
    expect([...found].sort()).toEqual([...numbers].sort())
    expect(password).not.toBe('')
  })

  it('guesses the weak password, each guess a line to crack', async () => {
    writeFileSync(join(folder, 'users'), `${user}\n`)
    writeFileSync(join(folder, 'passwords'), `a\nb\n${password}\n`)
    const given = [
      `userdb=${join(folder, 'users')}`,
      `passdb=${join(folder, 'passwords')}`,
      'brute.useraspass=false',
      'brute.emptypass=false',
    ]
    const words = ['-Pn', '-n', '-sU', '-p', String(pbx.port(0)), '--script', '+sip-brute', '--script-args', given.join(',')]
    expect((await run('nmap', [...words, '127.0.0.1'])).output).toContain(`${user}:${password} - Valid credentials`)
    const guesses = pbx.data('login').filter(({ username }) => username === user)
    expect(guesses).toContainEqual(expect.objectContaining({ method: 'sip-digest', accepted: true }))
    expect(guesses).toContainEqual(expect.objectContaining({ accepted: false, hash: expect.objectContaining({ mode: 11400 }) }))
  })
})

it('openssl sees TLS, and a certificate of this host', async () => {
  const { output } = await run('sh', ['-c', `openssl s_client -connect 127.0.0.1:${pbx.port(2)} -brief </dev/null`])
  expect(output).toContain('CONNECTION ESTABLISHED')
  expect(output).toMatch(/Peer certificate: .*CN = (?!localhost)\S+/)
})
