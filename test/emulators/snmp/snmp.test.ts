import * as netSnmp from 'net-snmp'
import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import snmp from '../../../src/emulators/snmp/index.ts'
import { decodeMessage, encodeMessage, PDU, type Pdu, type SecureMessage } from '../../../src/emulators/snmp/message.ts'
import { parseOid } from '../../../src/emulators/snmp/mib.ts'
import { MemoryState, type Playing, type PlayOptions, play } from '../../harness.ts'
import { ask } from '../ntp/ask.ts'

const identity = new Identity(Buffer.alloc(32, 7))
const SYSTEM = '1.3.6.1.2.1.1'
let playing: Playing
afterEach(() => playing.stop())

async function start(options: PlayOptions = {}): Promise<void> {
  playing = await play(snmp, { persona: 'plain', prompts: 'test/fixtures/prompts', identity, ...options })
}

function session(community = 'public', version = netSnmp.Version2c): netSnmp.Session {
  return netSnmp.createSession('127.0.0.1', community, { port: playing.port(), version, retries: 0, timeout: 400 })
}

/** Values of some objects. */
async function get(oids: string[], ...of: Parameters<typeof session>): Promise<unknown[]> {
  const client = session(...of)
  try {
    return await new Promise((resolve, reject) =>
      client.get(oids, (error, found) =>
        error ? reject(error) : resolve(found.map(({ value }) => (Buffer.isBuffer(value) ? String(value) : value))),
      ),
    )
  } finally {
    client.close()
  }
}

async function set(oid: string, type: number, value: unknown, community: string): Promise<string | undefined> {
  const client = session(community)
  try {
    return await new Promise((resolve) => client.set([{ oid, type, value }], (error) => resolve(error?.message)))
  } finally {
    client.close()
  }
}

async function exchange(pdu: Pdu, version: 0 | 1 = 1): Promise<{ bytes: number; pdu: Pdu } | undefined> {
  const [answer] = await ask(playing.port(), encodeMessage({ version, community: Buffer.from('public'), pdu }), { quietMs: 400 })
  const message = answer && decodeMessage(answer)
  return message && message.version !== 3 ? { bytes: answer.length, pdu: message.pdu } : undefined
}

async function secure(message: SecureMessage): Promise<SecureMessage | undefined> {
  const [answer] = await ask(playing.port(), encodeMessage(message), { quietMs: 300 })
  const decoded = answer && decodeMessage(answer)
  return decoded?.version === 3 ? decoded : undefined
}

const empty = Buffer.alloc(0)
const nothing = { type: 'null' as const }
const request = (tag: number, oids: string[], more: Partial<Pdu> = {}): Pdu => ({
  tag,
  requestId: 5,
  errorStatus: 0,
  errorIndex: 0,
  bindings: oids.map((oid) => ({ oid: parseOid(oid), value: nothing })),
  ...more,
})

describe('the agent', () => {
  it('names the CPU of this installation, and counts time in hundredths', async () => {
    await start()
    const OCTETS = '1.3.6.1.2.1.2.2.1.10.1'
    const [description, before, services, octets] = await get([`${SYSTEM}.1.0`, `${SYSTEM}.3.0`, `${SYSTEM}.7.0`, OCTETS])
    expect(description).toMatch(/^Siemens, SIMATIC S7, CPU31\S+ PN\/DP, 6ES7 31[478]-\w{5}-0AB0 , HW: \d, FW: V3\.\d\.\d+, S C-\w{12}$/)
    expect(description).not.toMatch(/S7-200|Venus|CP 443|EX40/)
    expect(services).toBe(78)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const [after, more] = await get([`${SYSTEM}.3.0`, OCTETS])
    expect(more).toBeGreaterThan(octets as number)
    expect((after as number) - (before as number)).toBeGreaterThanOrEqual(29)
    expect((after as number) - (before as number)).toBeLessThan(400)
  })

  it('is Net-SNMP on the machine of a persona that runs snmpd', async () => {
    await start({ persona: 'substation-gateway', prompts: 'prompts' })
    const HR = '1.3.6.1.2.1.25.1'
    const [description, product, parameters, uptime, hostUptime] = await get([
      `${SYSTEM}.1.0`,
      `${SYSTEM}.2.0`,
      `${HR}.4.0`,
      `${SYSTEM}.3.0`,
      `${HR}.1.0`,
    ])
    expect(description).toMatch(/^Linux (sgw|rtu-gw|station|uw)\d+ 6\.1\.0-47-amd64 #1 SMP PREEMPT_DYNAMIC Debian [\d.-]+ \(\S+\) x86_64$/)
    expect(product).toBe('1.3.6.1.4.1.8072.3.2.10')
    expect(parameters).toMatch(/^BOOT_IMAGE=\/boot\/vmlinuz-6\.1\.0-47-amd64 root=UUID=/)
    // Of a machine that runs since months, whose agent was started when it booted.
    expect(uptime).toBeGreaterThan(60 * 8_640_000 - 1000)
    expect(((hostUptime as number) - (uptime as number)) / 100).toBeCloseTo(9, 0)
    // Debian's view ends behind hrSystem, and has no interfaces.
    const [, interfaces] = (await exchange(request(PDU.get, [`${SYSTEM}.7.0`, '1.3.6.1.2.1.2.1.0'])))!.pdu.bindings
    expect(interfaces?.value).toEqual({ type: 'noSuchObject' })
    const last = await exchange(request(PDU.next, [`${HR}.7.0`]))
    expect(last?.pdu.bindings[0]?.value).toEqual({ type: 'endOfMibView' })
  })

  it('is walked from end to end in order', async () => {
    await start()
    const client = session()
    const oids: string[] = []
    await new Promise<void>((resolve, reject) =>
      client.subtree(
        '1.3.6.1.2.1',
        10,
        (found) => {
          oids.push(...found.map(({ oid }) => oid))
        },
        (error) => (error ? reject(error) : resolve()),
      ),
    )
    client.close()
    expect(oids.length).toBeGreaterThan(150)
    expect(new Set(oids).size).toBe(oids.length)
    expect(oids[0]).toBe(`${SYSTEM}.1.0`)
    expect(oids.some((oid) => oid.startsWith('1.3.6.1.2.1.4.20.1.1.'))).toBe(true)
  })

  it('is silent to a community that it does not know, and writes the guess down', async () => {
    await start()
    await expect(get([`${SYSTEM}.1.0`], 'secret')).rejects.toThrow(/timed out/i)
    expect(playing.data('login')).toEqual([{ method: 'snmp-community', username: '', password: 'secret', accepted: false }])
  })

  it('keeps what a manager with the right to write sets, over a restart', async () => {
    const state = new MemoryState()
    await start({ state })
    const { OctetString, Integer } = netSnmp.ObjectType
    expect(await set(`${SYSTEM}.4.0`, OctetString!, 'mallory', 'public')).toMatch(/NoAccess/i)
    expect(await set(`${SYSTEM}.7.0`, Integer!, 1, 'private')).toMatch(/NotWritable/i)
    expect(await set(`${SYSTEM}.4.0`, Integer!, 1, 'private')).toMatch(/WrongType/i)
    expect(await set(`${SYSTEM}.4.0`, OctetString!, 'mallory', 'private')).toBeUndefined()
    expect(playing.data('snmp.request').at(-1)).toMatchObject({
      action: 'write',
      community: 'private',
      oids: [`${SYSTEM}.4.0`],
      values: ['mallory'],
    })
    await playing.stop()
    await start({ state })
    expect(await get([`${SYSTEM}.4.0`])).toEqual(['mallory'])
  })

  it('says what is missing as version 2 does, and as version 1 does', async () => {
    await start()
    const oids = [`${SYSTEM}.1.0`, `${SYSTEM}.1.1`, '1.3.6.1.4.1.9.1.0']
    const second = await exchange(request(PDU.get, oids))
    expect(second?.pdu.bindings.map(({ value }) => value.type)).toEqual(['octets', 'noSuchInstance', 'noSuchObject'])
    expect((await exchange(request(PDU.get, oids), 0))?.pdu).toMatchObject({ errorStatus: 2, errorIndex: 2 })
    expect((await exchange(request(PDU.next, ['1.3.6.1.3'])))?.pdu.bindings[0]?.value.type).toBe('endOfMibView')
    expect((await exchange(request(PDU.next, ['1.3.6.1.3']), 0))?.pdu).toMatchObject({ errorStatus: 2, errorIndex: 1 })
    expect(await exchange(request(PDU.bulk, [SYSTEM], { errorIndex: 5 }), 0)).toBeUndefined()
    expect(await exchange(request(PDU.response, [SYSTEM]))).toBeUndefined()
  })

  it('answers a bulk of any size with no more than 1200 bytes and ten rows', async () => {
    await start()
    const answer = await exchange(request(PDU.bulk, [SYSTEM, '1.3.6.1.2.1.2', '1.3.6.1.2.1.4'], { errorStatus: 1, errorIndex: 100_000 }))
    expect(answer?.pdu.bindings.length).toBe(1 + 2 * 10)
    expect(answer?.bytes).toBeLessThanOrEqual(1200)
    const large = await exchange(
      request(
        PDU.bulk,
        Array.from({ length: 100 }, () => SYSTEM),
        { errorIndex: 1000 },
      ),
    )
    expect(large?.bytes).toBeLessThanOrEqual(1200)
  })

  it('tells its engine to a stranger, and keeps the digest of one who tries', async () => {
    await start()
    const message: SecureMessage = {
      ...{ version: 3, id: 77, maxSize: 1400, flags: 4, model: 3, boots: 0, time: 0, encrypted: empty },
      ...{ engineId: empty, user: empty, authentication: empty, privacy: empty },
      scoped: { engineId: empty, name: empty, pdu: request(PDU.get, []) },
    }
    const discovered = await secure(message)
    expect(discovered?.scoped?.pdu.bindings[0]?.oid.join('.')).toBe('1.3.6.1.6.3.15.1.1.4.0')
    expect(discovered?.engineId.toString('hex')).toMatch(/^800010e903[0-9a-f]{12}$/)
    const { engineId, boots, time } = discovered!
    const digest = Buffer.from('0102030405060708090a0b0c', 'hex')
    const refused = await secure({ ...message, flags: 5, engineId, boots, time, user: Buffer.from('operator'), authentication: digest })
    expect(refused?.scoped?.pdu.bindings[0]?.oid.join('.')).toBe('1.3.6.1.6.3.15.1.1.5.0')
    expect(await secure({ ...message, flags: 0 })).toBeUndefined()
    const login = await playing.seen('login')
    expect(login.data).toMatchObject({ method: 'snmp-usm', username: 'operator', accepted: false, hash: { mode: 25000 } })
    const { line } = (login.data as { hash: { line: string } }).hash
    expect(line).toMatch(/^\$SNMPv3\$0\$\d+\$30[0-9a-f]+\$800010e903[0-9a-f]{12}\$[0-9a-f]{24}$/)
  })
})
