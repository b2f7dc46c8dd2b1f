/** What the specification of an industrial honeypot asks of it and no other file here does, over the plants of two personas. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import bacnet from '../../src/emulators/bacnet/index.ts'
import enip from '../../src/emulators/enip/index.ts'
import ast from '../../src/emulators/guardian-ast/index.ts'
import iec104 from '../../src/emulators/iec104/index.ts'
import modbus from '../../src/emulators/modbus/index.ts'
import s7 from '../../src/emulators/s7/index.ts'
import snmp from '../../src/emulators/snmp/index.ts'
import { plantOf } from '../../src/host/plant/plant.ts'
import httpLure from '../../src/http/lure.ts'
import { MemoryState, type Playing, play } from '../harness.ts'
import { MemoryHosts } from '../http/memory-hosts.ts'
import { nmapNames, ran } from './ran.ts'

const identity = new Identity(Buffer.alloc(32, 4))
const farm = { identity, state: new MemoryState(), persona: 'fuel-terminal', prompts: 'prompts' }
const station = { identity, state: new MemoryState(), persona: 'substation-gateway', prompts: 'prompts' }
const terminal = plantOf({ ...farm, persona: { plant: 'tank-farm' } })
const grid = plantOf({ ...station, persona: { plant: 'substation' } })
const playing: Record<string, Playing> = {}

beforeAll(async () => {
  for (const [name, lure, shared] of [
    ['modbus', modbus, farm],
    ['s7', s7, farm],
    ['snmp', snmp, farm],
    ['ast', ast, farm],
    ['grid', modbus, station],
    ['iec104', iec104, station],
    ['agent', snmp, station],
    ['gridChassis', enip, station],
    ['farmChassis', enip, farm],
    ['gridController', bacnet, station],
    ['farmController', bacnet, farm],
  ] as const)
    playing[name] = await play(lure, shared)
  playing.http = await play(httpLure, { ...station, hosts: new MemoryHosts() })
}, 60_000)
afterAll(async () => {
  await Promise.all(Object.values(playing).map((one) => one.stop()))
})

const port = (name: string): string => String(playing[name]!.port())
/** Sends bytes by nc and gives what comes until nobody has said a word for two seconds. */
const nc = async (name: string, hex: string): Promise<Buffer> =>
  Buffer.from(
    (await ran('nc', ['-q', '2', '-w', '3', '127.0.0.1', port(name)], Buffer.from(hex.replaceAll(' ', ''), 'hex'))).stdout,
    'latin1',
  )

describe('S7', () => {
  it('confirms a connection with its own reference, the TSAPs and the TPDU size', async () => {
    const answer = await nc('s7', '03000016 11e00000000400c1020100c2020102c0010a')
    expect(answer.toString('hex')).toMatch(/^0300001611d00004(?!0000).{4}00/)
    expect(answer.toString('hex')).toContain('c0010a')
  })

  it('answers a read after a system state list on the same connection, and a second list after that', async () => {
    const connect = '03000016 11e00000000400c1020100c2020102c0010a 03000019 02f080 320100000000000800 00 f0000001000101e0'
    const list = '03000021 02f080 3207000000000008 0008 0001120411440100 ff090004 001c0001'
    const read = '0300001f 02f080 320100000007000e0000 0401 120a10 08 0001 0001 84 000000'
    const answers = (await nc('s7', connect + list + read + list)).toString('hex')
    expect(answers).toMatch(/3203000000070002 ?00080000/)
    expect(answers.match(/ff09[\da-f]{4}001c/g)).toHaveLength(2)
  })
})

it('snmpget sees the uptime grow by a hundred a second, of a CPU 400', async () => {
  const get = async (oid: string): Promise<string> =>
    (await ran('snmpget', ['-v2c', '-cpublic', '-Ovqt', '-r0', '-t5', `127.0.0.1:${port('snmp')}`, oid])).stdout.trim()
  expect(await get('1.3.6.1.2.1.1.1.0')).toMatch(/^"?Siemens, SIMATIC S7, CPU41\d/)
  const [before, at] = [Number(await get('1.3.6.1.2.1.1.3.0')), Date.now()]
  await new Promise((resolve) => setTimeout(resolve, 2000))
  const grown = Number(await get('1.3.6.1.2.1.1.3.0')) - before
  expect(Math.abs(grown - (Date.now() - at) / 10)).toBeLessThan(100)
})

it('nmap iec-identify finds the station at its own address, with lines, transformers and feeders', async () => {
  const { stdout } = await ran('nmap', ['-Pn', '-n', '-p', port('iec104'), '--script', '+iec-identify', '127.0.0.1'])
  expect(stdout).toContain(`ASDU address: ${identity.integer('iec104/address', 1, 2000)}`)
  expect(Number(/Information objects: (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(150)
})

it('snmpwalk sees the machine of a substation that runs snmpd, and no more of it than Debian shows', async () => {
  const { stdout } = await ran('snmpwalk', ['-v2c', '-cpublic', '-On', '-r0', '-t5', `127.0.0.1:${port('agent')}`, '.1'])
  expect(stdout).toMatch(/^\.1\.3\.6\.1\.2\.1\.1\.1\.0 = STRING: "?Linux \S+ 6\.1\.0-47-amd64 #1 SMP PREEMPT_DYNAMIC Debian /)
  expect(stdout).toContain('.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.8072.3.2.10\n')
  expect(stdout).toContain('No more variables left in this MIB View')
  expect(stdout).not.toMatch(/^\.1\.3\.6\.1\.2\.1\.2\./m)
})

describe.runIf(process.getuid?.() === 0)('nmap finds other makes in each plant', () => {
  const script = async (name: string, which: string, scan = '-sU'): Promise<string> =>
    (await ran('nmap', ['-Pn', '-n', scan, '-p', port(which), '--script', `+${name}`, '127.0.0.1'])).stdout

  it.each([
    ['gridChassis', /productName: 1756-ENBT\/A\n[\s\S]*productCode: 58\b/],
    ['farmChassis', /productName: 1756-EN2TR\/[BC]\n[\s\S]*productCode: 200\b/],
  ])('enip-info, %s', async (which, identity) => {
    expect(await script('enip-info', which, '-sT')).toMatch(identity)
  })

  it.each([
    ['gridController', /Vendor ID: (LOYTEC Electronics GmbH \(178\)|WAGO Kontakttechnik GmbH & Co\. KG \(222\))/],
    ['farmController', /Vendor ID: (Schneider Electric \(10\)|Delta Controls \(8\))/],
  ])('bacnet-info, %s', async (which, vendor) => {
    const found = await script('bacnet-info', which)
    expect(found).toMatch(vendor)
    expect(found).toContain(`Vendor Name: ${/Vendor ID: (.+) \(/.exec(found)?.[1]}`)
  })

  it('snmp-info, of the enterprise that makes the agent', async () => {
    expect(await script('snmp-info', 'agent')).toContain('enterprise: net-snmp')
  })
})

describe('a gauge console on a tank farm', () => {
  it('costs nothing after nmap has asked for its version, and still answers', async () => {
    await nmapNames(playing.ast!.port(), '--version-light')
    const before = process.cpuUsage()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(0.5)
    const inventory = (await nc('ast', `01${Buffer.from('I20100').toString('hex')}`)).toString('latin1')
    expect(inventory).toMatch(/T101 GASOLINE 95/)
  })
})

it('pymodbus reads two plants, whose balances close, and closes a valve of one', async () => {
  const script = `
import sys, struct
from pymodbus.client import ModbusTcpClient
def real(client, at):
    words = client.read_holding_registers(at, 2, slave=1).registers
    return struct.unpack('>f', struct.pack('>HH', *words))[0]
grid = ModbusTcpClient('127.0.0.1', port=int(sys.argv[1])); grid.connect()
print(abs(real(grid, 410) - real(grid, 412) - real(grid, 414) - real(grid, 416)) < 0.05, real(grid, 410) > 1)
farm = ModbusTcpClient('127.0.0.1', port=int(sys.argv[2])); farm.connect()
farm.write_register(203, 0, slave=1)
print(real(farm, 408) > 100, farm.read_holding_registers(203, 1, slave=1).registers)
`
  const { stdout } = await ran('/usr/bin/python3', ['-c', script, port('grid'), port('modbus')])
  expect(stdout.trim().split('\n')).toEqual(['True True', expect.stringMatching(/^True \[0\]$/)])
  expect(grid.read('P_IN')).toBeGreaterThan(1)
  expect(terminal.state.touchedAt).toBeGreaterThan(0)
})

it('curl sees one web server in every answer, a panel whose values live, and no TRACE', async () => {
  const url = `http://127.0.0.1:${port('http')}/`
  const curl = async (...args: string[]): Promise<string> => (await ran('curl', ['-s', ...args, url])).stdout
  expect(await curl('-I')).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Server: lighttpd\/1\.4\.69\r\n/)
  expect(await curl('-I')).not.toMatch(/Set-cookie: path=\//i)
  expect(await curl('-X', 'TRACE', '-o', '/dev/null', '-w', '%{http_code}')).toMatch(/^(405|501)$/)
  const page = await curl()
  expect(page).toContain(grid.design.site)
  expect(page).toMatch(/<td class="v">\d+\.\d\d kV<\/td>/)
})
