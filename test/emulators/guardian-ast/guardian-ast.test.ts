import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { computerAnswer, floatHex, parseCommand, UNKNOWN } from '../../../src/emulators/guardian-ast/codec.ts'
import { Console } from '../../../src/emulators/guardian-ast/console.ts'
import ast from '../../../src/emulators/guardian-ast/index.ts'
import { REPORTS } from '../../../src/emulators/guardian-ast/reports.ts'
import { set } from '../../../src/emulators/guardian-ast/settings.ts'
import { heightOf, volumeAt } from '../../../src/emulators/guardian-ast/tanks.ts'
import { plantOf } from '../../../src/host/plant/plant.ts'
import { MemoryState, type Playing, play } from '../../harness.ts'

const identity = new Identity(Buffer.alloc(32, 11))
const state = new MemoryState()
let playing: Playing

beforeAll(async () => {
  // What the tanks did before takes a moment to compute, which the first answer would wait for.
  expect(new Console(identity, state).states.length).toBeGreaterThan(2)
  playing = await play(ast, { persona: 'plain', prompts: 'test/fixtures/prompts', identity, state })
})
afterAll(() => playing.stop())

const say = async (text: string): Promise<string> => (await playing.exchange(text, { quietMs: 250 })).toString('latin1')

describe('the codec', () => {
  it('has the checksum and the numbers of the manual', () => {
    expect(UNKNOWN.toString('latin1')).toBe('\x019999FF1B\x03')
    expect(floatHex(4812)).toBe('45966000')
    const sum = (bytes: Buffer): number => bytes.reduce((total, byte) => total + byte, 0)
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-F]{0,60}$/), (data) => {
        const answer = computerAnswer('i20100', '2611240930', data)
        const given = Number.parseInt(answer.toString('latin1', answer.length - 5, answer.length - 1), 16)
        expect((sum(answer.subarray(0, -5)) + given) & 0xffff).toBe(0)
      }),
    )
  })

  it('takes six characters or nothing', () => {
    expect(parseCommand('S60201')).toMatchObject({ isSet: true, format: 'display', function: '602', device: 1 })
    for (const text of ['^AI214', 'I2010', 'X20100', 'I201 0']) expect(parseCommand(text)).toBeUndefined()
  })
})

describe('the tanks', () => {
  it('hold what their height says, in a lying cylinder', () => {
    const [tank] = new Console(identity, new MemoryState()).tanks
    expect(Math.abs(volumeAt(tank!, tank!.diameter) - tank!.capacity)).toBeLessThan(2)
    for (const part of [0.05, 0.3, 0.5, 0.9])
      expect(volumeAt(tank!, heightOf(tank!, tank!.capacity * part))).toBeCloseTo(tank!.capacity * part, 0)
  })

  it('are sold from and filled up again, over weeks, and the record says so', () => {
    const clock = { at: 1_790_000_000 }
    const console = new Console(identity, new MemoryState(), () => clock.at)
    const seen: number[] = []
    for (let hour = 0; hour < 14 * 24; hour++) {
      clock.at += 3600
      seen.push(console.states[0]!.volume)
    }
    const { capacity } = console.tanks[0]!
    expect(Math.max(...seen)).toBeGreaterThan(capacity * 0.7)
    expect(Math.min(...seen)).toBeLessThan(capacity * 0.3)
    const amounts = console.states[0]!.deliveries.map(({ from, to }) => Math.round(to.volume - from.volume))
    expect(amounts.length).toBeGreaterThan(1)
    expect(new Set(amounts).size).toBeGreaterThan(2)
  })

  it('hold another volume a minute later at every hour, and at noon another one in the inventory', () => {
    const clock = { at: 1_790_000_000 }
    const console = new Console(identity, new MemoryState(), () => clock.at)
    const read = (): [volume: number, line: string] => {
      const rows = console.readings.map((reading, i) => ({ number: i + 1, ...reading }))
      return [rows[0]!.state.volume, REPORTS['201']!(console, rows).lines.slice(3).join()]
    }
    for (let hour = 0; hour < 24; hour++) {
      clock.at += 3600
      const [before, shown] = read()
      clock.at += 60
      const [after, later] = read()
      expect(after).not.toBe(before)
      if (console.clock().getUTCHours() === 12) expect(later).not.toBe(shown)
    }
  })

  it('account for a day in the shift report: what was there, came and is left makes what was sold', () => {
    const clock = { at: 1_790_000_000 }
    const console = new Console(identity, new MemoryState(), () => clock.at)
    const totals = (): number[] => {
      const rows = console.readings.map((reading, i) => ({ number: i + 1, ...reading }))
      const text = REPORTS['204']!(console, rows).lines.join('\n')
      const all = (name: string): number[] => Array.from(text.matchAll(new RegExp(`${name} +(-?\\d+)`, 'g')), ([, n]) => Number(n))
      const [starting, ending, delivered, sold] = ['STARTING VALUES', 'ENDING VALUES', 'DELIVERY VALUE', 'TOTALS'].map(all) as number[][]
      expect(sold).toHaveLength(rows.length)
      for (const [i, total] of sold!.entries()) {
        expect(Math.abs(starting![i]! + delivered![i]! - ending![i]! - total)).toBeLessThanOrEqual(2)
        expect(total).toBeGreaterThan(0)
      }
      return sold!
    }
    const first = totals()
    clock.at += 86_400
    expect(totals()).not.toEqual(first)
  })

  it('are computed by the full volume and the diameter that were set, and alarms follow', () => {
    const console = new Console(identity, new MemoryState(), () => 1_790_000_000)
    const [tank, before] = [console.tanks[0]!, console.states[0]!.volume]
    expect(set(console, '604', 1, String(tank.capacity * 2))).toBe(true)
    const [seen] = console.readings
    expect(seen!.state.volume).toBeCloseTo(before * 2, 0)
    expect(heightOf(seen!.tank, seen!.state.volume)).toBeCloseTo(heightOf(tank, before), 1)
    set(console, '604', 1, String(tank.capacity))
    set(console, '607', 1, String(heightOf(tank, before)))
    expect(console.readings[0]!.state.volume).toBeCloseTo(tank.capacity, 0)
    expect(console.states[0]!.alarms).toContain('MAX PRODUCT ALARM')
    expect(console.states[0]!.volume).toBe(before)
    for (const wrong of ['0', '-1', 'x', '']) set(console, '607', 1, wrong)
    expect(console.readings[0]!.tank.diameter).toBeCloseTo(heightOf(tank, before), 3)
  })
})

describe('the console', () => {
  it('reports the inventory with SOH, CRLF, ETX; volume and ullage are the capacity', async () => {
    const answer = await say('\x01I20100\n')
    expect(answer).toMatch(/^\x01\r\nI20100\r\n[A-Z]{3} [ \d]\d, \d{4} [ \d]\d:\d\d [AP]M\r\n/)
    expect(answer.endsWith('\x03')).toBe(true)
    const rows = answer.split('\r\n').filter((line) => /^ +\d {2}/.test(line))
    const { tanks } = new Console(identity, state)
    expect(rows).toHaveLength(tanks.length)
    for (const [i, row] of rows.entries()) {
      const [volume = 0, , ullage = 0] = row.slice(25).trim().split(/ +/).map(Number)
      expect(Math.abs(volume + ullage - tanks[i]!.capacity)).toBeLessThanOrEqual(1)
    }
  })

  it('reports one tank in computer format', async () => {
    expect(await say('\x01i20101')).toMatch(/^\x01i20101\d{10}011[0-9A-F]{4}07[0-9A-F]{56}&&[0-9A-F]{4}\x03$/)
  })

  it('knows deliveries, leak tests, alarms, status and its own revision', async () => {
    expect(await say('\x01I20200')).toContain('DELIVERY REPORT')
    expect(await say('\x01I20C00')).toContain('AMOUNT:')
    await say('\x01S05201')
    expect(await say('\x01I20301')).toContain('TEST IN PROGRESS')
    await say('\x01S05301')
    expect(await say('\x01I90200')).toMatch(/SOFTWARE# \d{6}-100-/)
    expect(await say('\x01I10100')).toContain('SYSTEM STATUS REPORT')
  })

  it('lets anybody rename a tank, for everybody and for good', async () => {
    expect(await say('\x01S60201HACKED BY NOBODY\r')).toContain('HACKED BY NOBODY')
    expect(await say('\x01I20100')).toContain('HACKED BY NOBODY')
    expect(new Console(identity, state).states[0]!.label).toBe('HACKED BY NOBODY')
    const event = playing.events
      .filter((e) => e.type === 'guardian-ast.command')
      .find((e) => (e.data as { action: string }).action === 'write' && (e.data as { data?: string }).data)!
    expect(event.data).toMatchObject({ code: 'S60201', tank: 1, data: 'HACKED BY NOBODY', known: true })
    expect(event.tags).toContain('attack:T0836')
  })

  it('raises alarms when limits are moved, and keeps their history', async () => {
    await say('\x01S62300100\r')
    expect(await say('\x01I20500')).toContain('OVERFILL ALARM')
    expect(await say('\x01I10100')).toMatch(/T 1:OVERFILL ALARM/)
    expect(await say('\x01I11100')).toMatch(/OVERFILL ALARM +ALARM/)
    expect(await say('\x01I11300')).toMatch(/ACTIVE ALARMS REPORT\r\n[\s\S]*T 1 TANK +[^\r]+ OVERFILL ALARM +\d/)
    await say('\x01S6230099999\r')
    expect(await say('\x01I10100')).toContain('ALL FUNCTIONS NORMAL')
    expect(await say('\x01I11300')).not.toContain('OVERFILL')
    expect(await say('\x01I11400')).toMatch(/CLEARED ALARMS REPORT\r\n[\s\S]*OVERFILL ALARM +CLEAR /)
    expect(await say('\x01I20600')).toMatch(/TANK ALARM HISTORY\r\n\r\nTANK 1 [\s\S]*OVERFILL ALARM {11}[A-Z]{3} /)
  })

  it('lists warnings apart from alarms, with the decimal numbers of their types', async () => {
    await say('\x01S6290199999\r')
    expect(await say('\x01I11200')).toMatch(/NON-PRIORITY ALARM HISTORY\r\n[\s\S]*DELIVERY NEEDED +ALARM /)
    expect(await say('\x01I11100')).not.toContain('DELIVERY NEEDED')
    expect(await say('\x01i10101')).toMatch(/^\x01i10101\d{10}021101&&/)
    expect(await say('\x01i20501')).toMatch(/^\x01i20501\d{10}010111&&/)
    await say('\x01S6290100000\r')
  })

  it('has the setup of the tanks, without the header of the station', async () => {
    const [tank] = new Console(identity, state).tanks
    const header = new Console(identity, state).header[0]!
    expect(await say('\x01I60401')).toMatch(
      new RegExp(`TANK FULL VOLUME\r\n\r\nTANK   PRODUCT LABEL +GALLONS\r\n 1 +.+ ${tank!.capacity}\r\n`),
    )
    expect(await say('\x01I60701')).toMatch(new RegExp(`TANK DIAMETER\r\n[\\s\\S]+ ${tank!.diameter}\\.00\r\n`))
    const setup = ['601', '603', '609', '621', '622', '623', '624', '625', '626', '627', '628', '629', '902', '208']
    const reports = ['102', '201', '204', '207', '20D', '213', '214', '251', '301', '302']
    const codes = [...setup, ...reports]
    const answers = (await say(codes.map((code) => `\x01I${code}00`).join(''))).split('\x03').slice(0, -1)
    expect(answers).toHaveLength(codes.length)
    for (const [i, answer] of answers.entries()) {
      expect(answer).toMatch(new RegExp(`^\x01\r\nI${codes[i]}00\r\n`))
      expect(answer.includes(header), codes[i]).toBe(i >= setup.length)
    }
  })

  it('says 9999FF1B to a code it does not know, and nothing to what does not begin with SOH', async () => {
    expect(await say('\x01I99900')).toBe('\x019999FF1B\x03')
    expect(await say('^AI21400')).toBe('')
    expect(await say('\x01200\r')).toMatch(/^\x01\r\nI20100\r\n[\s\S]+IN-TANK INVENTORY/)
    expect(await say('GET / HTTP/1.0\r\n\r\n')).toBe('')
    expect((await say('junk\x01I2\x01I50100')).startsWith('\x01\r\nI50100')).toBe(true)
  })

  it('takes a security code before a function, and writes it down', async () => {
    expect(await say('\x01123456I50100')).toContain('SYSTEM DATE AND TIME')
    expect(playing.data('login')).toMatchObject([{ method: 'tls-350-security', password: '123456' }])
    expect(playing.deadLetters).toEqual([])
  })
})

describe('the console of a tank farm', () => {
  const shared = { identity, state: new MemoryState(), persona: 'fuel-terminal', prompts: 'prompts' }
  const farm = plantOf({ ...shared, persona: { plant: 'tank-farm' } })
  let terminal: Playing
  beforeAll(async () => {
    terminal = await play(ast, shared)
  })
  afterAll(() => terminal.stop())
  const ask = async (text: string): Promise<string> => (await terminal.exchange(text, { quietMs: 400 })).toString('latin1')

  it('shows the tanks that the controllers show, and its columns hold', async () => {
    const rows = (await ask('\x01I20100')).split('\r\n').filter((line) => /^ {1,2}\d {2}T10/.test(line))
    expect(rows).toHaveLength(5)
    for (const [i, row] of rows.entries()) {
      const [, volume = '', height = '', degrees = ''] = /^.{25}(.{6}).{10}.{9}(.{9}).{9}(.{9})$/.exec(row) ?? []
      expect(Number(volume) / 264.172).toBeCloseTo(farm.read(`VT${101 + i}`), -1)
      expect(Number(height) / 39.3701).toBeCloseTo(farm.read(`LT${101 + i}`), 1)
      expect((Number(degrees) - 32) / 1.8).toBeCloseTo(farm.read(`TT${101 + i}`), 1)
    }
  })

  it('has the limits of the controllers, and a limit that is set there is set here', async () => {
    const before = farm.read('LAHH101_SP')
    await ask('\x01S62301100000\r')
    expect(farm.read('LAHH101_SP')).toBeLessThan(before)
    expect(farm.read('LAHH102_SP')).toBeGreaterThan(farm.read('LAHH101_SP'))
    expect(await ask('\x01I20500')).toContain('OVERFILL ALARM')
    farm.write('LAHH101_SP', before)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect(await ask('\x01I62301')).not.toContain(' 100000')
  })
})
