import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import modbus from '../../src/emulators/modbus/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing

beforeAll(async () => {
  playing = await play(modbus, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

describe('nmap', () => {
  const nmap = async (...args: string[]): Promise<string> =>
    (await run('nmap', ['-Pn', '-n', '-p', String(playing.port()), ...args, '127.0.0.1'])).stdout

  it('modbus-discover names the controller', async () => {
    const found = await nmap('--script', '+modbus-discover')
    expect(found).toMatch(/sid 0x1:\s+\|\s+Slave ID data: .*Schneider Electric BMX P34 20\d+ v2\.\d\d/)
    expect(found).toMatch(/Device identification: Schneider Electric BMX P34 20\d+ v2\.\d\d/)
  })

  it('modbus-discover finds nobody behind the other units', async () => {
    const found = await nmap('--script', '+modbus-discover', '--script-args', 'modbus-discover.aggressive=true')
    expect(found.match(/sid 0x/g)).toHaveLength(246)
    expect(found).toContain('sid 0x2')
    expect(found).toContain('GATEWAY TARGET DEVICE FAILED TO RESPOND')
  })
})

describe('pymodbus', () => {
  it('reads moving values, and finds again what it wrote', async () => {
    const script = `
import sys, time
from pymodbus.client import ModbusTcpClient
client = ModbusTcpClient('127.0.0.1', port=int(sys.argv[1]))
client.connect()
def read(): return client.read_holding_registers(0, 10, slave=1).registers
first = then = read()
for _ in range(60):
    if then != first: break
    time.sleep(0.25)
    then = read()
# Values of a plant: some move, and none by much.
moved = then != first and all(abs(a - b) <= max(50, a * 0.1) for a, b in zip(first, then))
client.write_register(700, 4711, slave=1)
client.write_coils(200, [True, False, True], slave=1)
print(len(first), first[0] > 500, moved, client.read_holding_registers(700, 1, slave=1).registers, client.read_coils(200, 3, slave=1).bits[:3])
`
    const { stdout } = await run('/usr/bin/python3', ['-c', script, String(playing.port())])
    expect(stdout.trim()).toBe('10 True True [4711] [True, False, True]')
  })
})
