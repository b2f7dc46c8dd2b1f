import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { Bmc } from '../../../src/emulators/ipmi/bmc.ts'
import ipmi from '../../../src/emulators/ipmi/index.ts'
import { machineOf } from '../../../src/emulators/ipmi/machine.ts'
import { MemoryState, type Playing, play } from '../../harness.ts'
import { ask } from '../ntp/ask.ts'
import { Console, openSession } from './console.ts'

let playing: Playing
const state = new MemoryState()

beforeEach(async () => {
  playing = await play(ipmi, { persona: 'plain', prompts: 'test/fixtures/prompts', options: { vendor: 'supermicro' }, state })
})
afterEach(() => playing.stop())

async function login(user = 'ADMIN', password = 'ADMIN', suite = 3): Promise<Console> {
  const session = await openSession(playing.port(), user, password, suite)
  if (!(session instanceof Console)) throw new Error(`refused with status ${session.status}`)
  return session
}

describe('a session', () => {
  it.each([1, 2, 3, 6, 7, 8, 15, 16, 17])('opens with cipher suite %i, both sides proven', async (suite) => {
    const session = await login('ADMIN', 'ADMIN', suite)
    expect(session.isMutual).toBe(true)
    expect((await session.run(0, 1))[0]).toBe(0)
    expect(playing.data('login')).toEqual([{ method: 'ipmi-rakp', username: 'ADMIN', password: 'ADMIN', accepted: true }])
  })

  it('opens with cipher suite 0 for whoever knows a name', async () => {
    const session = await login('ADMIN', 'not it', 0)
    expect((await session.run(0, 1))[0]).toBe(0)
    expect(playing.data('login')).toMatchObject([{ method: 'ipmi-cipher-zero', accepted: true }])
  })

  it('is refused to an unknown name, and to a wrong password, which is kept', async () => {
    expect(await openSession(playing.port(), 'nosuch', 'x')).toEqual({ status: 0x0d })
    expect(await openSession(playing.port(), 'ADMIN', 'calvin')).toEqual({ status: 0x0f })
    const odd = await openSession(playing.port(), 'ADMIN', 'tr0ub4dor&3')
    expect(odd).toEqual({ status: 0x0f })
    const logins = playing.data<{ password?: string; hash?: { mode: number; line: string } }>('login')
    expect(logins).toMatchObject([{ username: 'nosuch' }, { username: 'ADMIN', password: 'calvin' }, { username: 'ADMIN' }])
    const [code, salt] = logins[2]!.hash!.line.split(':')
    expect(createHmac('sha1', 'tr0ub4dor&3').update(Buffer.from(salt!, 'hex')).digest('hex')).toBe(code)
  })

  it('hands out the hash of RAKP 2, written down as hashcat 7300 cracks it', async () => {
    await login()
    const [{ hash }] = playing.data<{ hash: { mode: number; line: string } }>('ipmi.rakp') as [{ hash: { mode: number; line: string } }]
    const [salt, code] = hash.line.split(':')
    expect(hash.mode).toBe(7300)
    expect(createHmac('sha1', 'ADMIN').update(Buffer.from(salt!, 'hex')).digest('hex')).toBe(code)
  })

  it('does not let another cipher suite or a command without a session through', async () => {
    const bare = await ask(playing.port(), Buffer.from('0600ff07000000000000000000072018c8810001 7e'.replaceAll(' ', ''), 'hex'))
    expect(bare[0]?.at(-2)).toBe(0xd4)
    const noZero = await play(ipmi, { persona: 'plain', prompts: 'test/fixtures/prompts', options: { cipherZero: false } })
    expect(await openSession(noZero.port(), 'ADMIN', 'x', 0)).toEqual({ status: 0x11 })
    await noZero.stop()
  })
})

describe('the server', () => {
  it('is switched off and on, which the log and a restart of ours keep', async () => {
    const session = await login()
    expect((await session.run(0, 1))[1]! & 1).toBe(1)
    expect([...(await session.run(0, 2, [0]))]).toEqual([0])
    expect((await session.run(0, 1))[1]! & 1).toBe(0)
    const fan = await session.run(4, 0x2d, [7])
    expect(fan[2]! & 0x20).toBe(0x20)
    await playing.stop()
    playing = await play(ipmi, { persona: 'plain', prompts: 'test/fixtures/prompts', options: { vendor: 'supermicro' }, state })
    const later = await login()
    expect((await later.run(0, 1))[1]! & 1).toBe(0)
    await later.run(0, 2, [1])
    expect((await later.run(0, 1))[1]! & 1).toBe(1)
  })

  it('cools down without power, and its fans stand still', () => {
    const clock = { at: 1_800_000_000 }
    const identity = new Identity(Buffer.alloc(32, 3))
    const bmc = new Bmc(machineOf(identity, 'supermicro'), identity, new MemoryState(), () => clock.at)
    const [cpu, fan] = [bmc.machine.sensors[0]!, bmc.machine.sensors[6]!]
    const warm = bmc.measure(cpu, 1)
    expect(bmc.measure(fan, 7)).toBeGreaterThan(2000)
    bmc.control(0)
    clock.at += 30
    const cooling = bmc.measure(cpu, 1)
    clock.at += 600
    expect(bmc.measure(fan, 7)).toBeLessThan(1)
    expect(bmc.measure(cpu, 1)).toBeLessThan(30)
    expect(cooling).toBeLessThan(warm)
    expect(cooling).toBeGreaterThan(bmc.measure(cpu, 1))
    bmc.control(1)
    bmc.control(5)
    expect(bmc.isOn).toBe(true)
    clock.at += 60
    expect(bmc.isOn).toBe(false)
    expect(bmc.control(9)).toBe(false)
  })

  it('has sensors that move, a log that grows with logins, an inventory of one maker', async () => {
    const session = await login()
    const records = (await session.run(0x0a, 0x20)).readUInt16LE(2)
    expect(records).toBe(17)
    expect((await session.run(0x0a, 0x23, [0, 0, 0, 0, 0, 64])).toString('latin1')).toContain('CPU1 Temp')
    const entries = (await session.run(0x0a, 0x40)).readUInt16LE(2)
    await login()
    expect((await session.run(0x0a, 0x40)).readUInt16LE(2)).toBe(entries + 1)
    expect((await session.run(0x0a, 0x11, [0, 0, 0, 64])).toString('latin1')).toContain('Supermicro')
    expect((await session.run(0x0a, 0x43, [0, 0, 0x99, 0x77, 0, 0xff]))[0]).toBe(0xcb)
  })

  it('keeps a user that an attacker adds, who can then log in', async () => {
    const session = await login()
    const text = (value: string, size: number): number[] => [...Buffer.from(value.padEnd(size, '\0'))]
    await session.run(6, 0x45, [3, ...text('backup', 16)])
    await session.run(6, 0x47, [3, 2, ...text('s3cret', 16)])
    await session.run(6, 0x47, [3, 1])
    expect((await session.run(6, 0x46, [3])).toString('latin1')).toContain('backup')
    expect((await login('backup', 's3cret')).isMutual).toBe(true)
  })

  it('says what was done with it, and what ATT&CK calls that', async () => {
    const session = await login()
    await session.run(0, 2, [3])
    const event = await playing.seen('ipmi.command', 2)
    expect(event.data).toMatchObject({ user: 'ADMIN', name: 'Chassis Control', action: 'stop', data: '03', completion: 0 })
    expect(event.tags).toContain('attack:T1529')
    expect(playing.deadLetters).toEqual([])
  })

  it('takes thresholds, the time of its log and what it does when its supply comes back', async () => {
    const session = await login()
    const own = [...(await session.run(4, 0x27, [1]))]
    expect(own).toHaveLength(8)
    // Upper non-critical at 1 °C: the sensor has passed it.
    expect([...(await session.run(4, 0x26, [1, 0x08, 0, 0, 0, 1, 0, 0]))]).toEqual([0])
    expect([...(await session.run(4, 0x27, [1]))]).toEqual(own.with(5, 1))
    expect((await session.run(4, 0x2d, [1]))[3]! & 0x3f).toBe(0x08)
    await session.run(4, 0x26, [1, 0x08, 0, 0, 0, own[5]!, 0, 0])
    expect((await session.run(4, 0x2d, [1]))[3]! & 0x3f).toBe(0)
    expect((await session.run(4, 0x26, [99, 0, 0, 0, 0, 0, 0, 0]))[0]).toBe(0xcb)
    const year2031 = Buffer.alloc(4)
    year2031.writeUInt32LE(1_935_817_689)
    expect([...(await session.run(0x0a, 0x49, [...year2031]))]).toEqual([0])
    expect((await session.run(0x0a, 0x48)).readUInt32LE(1) - 1_935_817_689).toBeLessThan(60)
    await session.run(0, 2, [3])
    // The last entry, whose time is behind its number and its type.
    expect((await session.run(0x0a, 0x43, [0, 0, 0xff, 0xff, 0, 0xff])).readUInt32LE(6)).toBeGreaterThanOrEqual(1_935_817_689)
    expect([...(await session.run(0, 6, [2]))]).toEqual([0, 7])
    expect((await session.run(0, 1))[1]! >> 5).toBe(2)
  })

  it('shows the login of the server on its serial console, and keeps what is typed there', async () => {
    const session = await login()
    const port = playing.port()
    let sequence = 0
    const type = async (text: string): Promise<string> => {
      sequence = (sequence % 15) + 1
      const answer = await session.send(1, Buffer.concat([Buffer.of(sequence, 0, 0, 0), Buffer.from(text)]))
      expect([...answer.subarray(1, 4)]).toEqual([sequence, text.length, 0])
      return answer.toString('latin1', 4)
    }
    expect([...(await session.run(6, 0x48, [1, 1, 0xc0, 0, 0, 0]))]).toEqual([
      0,
      0,
      0,
      0,
      0,
      128,
      0,
      128,
      0,
      port & 0xff,
      port >> 8,
      0xff,
      0xff,
    ])
    expect((await session.run(6, 0x48, [1, 1, 0xc0, 0, 0, 0]))[0]).toBe(0x80)
    expect(await type('\r')).toMatch(/^\r\n(Debian GNU\/Linux|Ubuntu) \S.* \w+\d\d ttyS1\r\n\r\n\w+ login: $/)
    expect(await type('rooot\x7f\x7ft\r')).toBe('rooot\b \b\b \bt\r\nPassword: ')
    expect(await type('hunter2\r')).toMatch(/^\r\n\r\nLogin incorrect\r\n\w+ login: $/)
    expect(playing.data('login').at(-1)).toEqual({ method: 'ipmi-sol', username: 'root', password: 'hunter2', accepted: false })
    await session.run(0, 2, [0])
    expect([...(await session.send(1, Buffer.of(9, 0, 0, 0, 65)))]).toEqual([0, 9, 1, 0x20])
    await session.run(0, 2, [1])
    expect((await session.run(6, 0x49, [1, 1, 0, 0, 0, 0]))[0]).toBe(0)
    // Whoever switches it off cannot activate it.
    await session.run(0x0c, 0x21, [1, 1, 0])
    expect((await session.run(6, 0x48, [1, 1, 0xc0, 0, 0, 0]))[0]).toBe(0x81)
    await session.run(0x0c, 0x21, [1, 1, 1])
    expect((await session.run(0x0c, 0x22, [1, 1, 0, 0]))[2]).toBe(1)
    expect(playing.deadLetters).toEqual([])
  })

  it('answers RMCP that is none with nothing', async () => {
    expect(await ask(playing.port(), Buffer.from('0600ff07ffff'))).toEqual([])
  })
})
