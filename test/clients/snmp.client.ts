import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import snmp from '../../src/emulators/snmp/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
const SYSTEM = '.1.3.6.1.2.1.1'
let playing: Playing

beforeAll(async () => {
  // A walk is more packets than a flood begins with, of which not each is written down.
  playing = await play(snmp, { persona: 'debian-web', settings: { udp: { floodPackets: 1000 } } })
})
afterAll(() => playing.stop())

/** One of Net-SNMP's tools; its output, or what it complained of. */
async function tool(name: string, ...args: string[]): Promise<string> {
  const [options, objects] = [args.filter((arg) => arg.startsWith('-')), args.filter((arg) => !arg.startsWith('-'))]
  const at = `127.0.0.1:${playing.port()}`
  return run(name, ['-On', '-t', '1', '-r', '0', ...options, at, ...objects]).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  )
}

describe('Net-SNMP', () => {
  it('snmpwalk reads the system group and the whole tree', async () => {
    const system = await tool('snmpwalk', '-v2c', '-cpublic', SYSTEM)
    expect(system).toMatch(/\.1\.1\.0 = STRING: "Siemens, SIMATIC S7, CPU31/)
    expect(system).toMatch(/\.1\.3\.0 = Timeticks: /)
    const all = await tool('snmpwalk', '-v1', '-cpublic', '.1')
    expect(all.split('\n').length).toBeGreaterThan(150)
    expect(all).toContain('End of MIB')
  })

  it('snmpbulkget of a thousand rows, snmpget with a wrong community, snmpset', async () => {
    expect((await tool('snmpbulkget', '-v2c', '-cpublic', '-Cr1000', SYSTEM)).trim().split('\n')).toHaveLength(10)
    expect(await tool('snmpget', '-v2c', '-cwrong', `${SYSTEM}.1.0`)).toContain('Timeout')
    expect(playing.data('snmp.request').at(-1)).toMatchObject({ community: 'wrong', operation: 'get', answerBytes: 0 })
    expect(await tool('snmpset', '-v2c', '-cprivate', `${SYSTEM}.6.0`, 's', 'hut 4')).toContain('STRING: "hut 4"')
    expect(await tool('snmpget', '-v1', '-cpublic', `${SYSTEM}.6.0`)).toContain('STRING: "hut 4"')
  })

  it('an unknown user of version 3 is told so', async () => {
    expect(await tool('snmpget', '-v3', '-unobody', '-lnoAuthNoPriv', `${SYSTEM}.1.0`)).toContain('Unknown user name')
    expect(await tool('snmpget', '-v3', '-uroot', '-lauthNoPriv', '-aSHA', '-Aswordfish1', `${SYSTEM}.1.0`)).toContain(
      'Authentication failure',
    )
  })
})

describe('nmap', () => {
  const isRoot = process.getuid?.() === 0

  it.runIf(isRoot)('snmp-info and snmp-sysdescr name a Siemens engine by its MAC', async () => {
    const scripts = '+snmp-info,+snmp-sysdescr'
    const { stdout } = await run('nmap', ['-Pn', '-n', '-sU', '-p', String(playing.port()), '--script', scripts, '127.0.0.1'])
    expect(stdout).toMatch(/enterprise: Siemens/)
    expect(stdout).toContain('engineIDFormat: mac')
    expect(stdout).toMatch(/snmpEngineBoots: \d+/)
  })
})
