import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import ipmi from '../../src/emulators/ipmi/index.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  playing = await play(ipmi, { persona: 'debian-web', options: { vendor: 'supermicro' } })
})
afterAll(() => playing.stop())

async function tool(...args: string[]): Promise<string> {
  const { stdout, stderr } = await ran('ipmitool', ['-H', '127.0.0.1', '-p', String(playing.port()), ...args])
  return stdout + stderr
}
const admin = ['-I', 'lanplus', '-U', 'ADMIN', '-P', 'ADMIN']

describe('ipmitool', () => {
  it('lanplus with the weak password reads everything there is', async () => {
    expect(await tool(...admin, 'mc', 'info')).toMatch(/Manufacturer ID +: 10876/)
    expect(await tool(...admin, 'chassis', 'status')).toMatch(/System Power +: on/)
    expect(await tool(...admin, 'sdr')).toMatch(/CPU1 Temp +\| \d\d degrees C +\| ok/)
    expect(await tool(...admin, 'sel', 'list')).toContain('System Boot Initiated')
    expect(await tool(...admin, 'user', 'list', '1')).toMatch(/2 +ADMIN.*ADMINISTRATOR/)
    expect(await tool(...admin, 'fru')).toMatch(/Board Mfg +: Supermicro/)
    expect(await tool(...admin, 'lan', 'print', '1')).toMatch(/RMCP\+ Cipher Suites +: 0,1,2,3/)
    expect(await tool(...admin, 'sol', 'info', '1')).toMatch(/Enabled +: true/)
  })

  it('cipher 0 needs no password, and switches the server off', async () => {
    const switchedOff = async (): Promise<number> => (await tool(...admin, 'sel', 'list')).match(/S5\/G2: soft-off/g)?.length ?? 0
    const before = await switchedOff()
    const zero = ['-I', 'lanplus', '-C', '0', '-U', 'ADMIN', '-P', 'whatever']
    expect(await tool(...zero, 'chassis', 'power', 'off')).toContain('Down/Off')
    expect(await tool(...zero, 'chassis', 'status')).toMatch(/System Power +: off/)
    expect(await tool(...zero, 'sdr')).toMatch(/FAN1 +\| no reading +\| ns/)
    expect(await tool(...zero, 'chassis', 'power', 'on')).toContain('Up/On')
    // The log has it, by its record of the power state.
    expect(await switchedOff()).toBe(before + 1)
  })

  it('sol activate shows the login of the server, which takes a name and a password', async () => {
    const script = `
set timeout 10
spawn ipmitool -H 127.0.0.1 -p ${playing.port()} ${admin.join(' ')} sol activate
expect "SOL Session operational"
send "\r"
expect -re "login: $"
send "root\r"
expect "Password: "
send "s3rial\r"
expect "Login incorrect"
send "\r~."
expect eof
`
    const { stdout } = await ran('expect', ['-c', script])
    expect(stdout).toMatch(/(Debian GNU\/Linux|Ubuntu) \S.* ttyS1\r/)
    expect(stdout).toContain('Login incorrect')
    expect(playing.data('login')).toContainEqual({ method: 'ipmi-sol', username: 'root', password: 's3rial', accepted: false })
  })

  it('takes a threshold, the time of the log and the restore policy', async () => {
    await tool(...admin, 'sensor', 'thresh', 'CPU1 Temp', 'unc', '80')
    expect(await tool(...admin, 'sensor', 'get', 'CPU1 Temp')).toMatch(/Upper Non-Critical +: 80\.000/)
    await tool(...admin, 'sel', 'time', 'set', '05/06/31 07:08:09')
    // The day before or after, by the time zone of this machine.
    expect(await tool(...admin, 'sel', 'time', 'get')).toMatch(/^05\/0[567]\/31 \d\d:08:/)
    await tool(...admin, 'chassis', 'policy', 'always-on')
    expect(await tool(...admin, 'chassis', 'status')).toMatch(/Power Restore Policy : always-on/)
  })

  it('IPMI 1.5 with MD5 and with a password in clear', async () => {
    for (const type of ['MD5', 'PASSWORD']) {
      const old = ['-I', 'lan', '-A', type, '-U', 'ADMIN', '-P', 'ADMIN']
      expect(await tool(...old, 'chassis', 'status')).toContain('Power Restore Policy')
    }
  })

  it('is refused with another password or name', async () => {
    expect(await tool('-I', 'lanplus', '-U', 'ADMIN', '-P', 'wrong', 'chassis', 'status')).toContain('Unable to establish')
    expect(await tool('-I', 'lanplus', '-U', 'nosuch', '-P', 'x', 'chassis', 'status')).toContain('Unable to establish')
    expect(playing.data('login')).toContainEqual(expect.objectContaining({ username: 'nosuch', accepted: false }))
  })
})

it('ipmitool is told within a second that nobody has a name, and does not ask twice', async () => {
  const asked = (): number => playing.data<{ user: string }>('ipmi.rakp').filter(({ user }) => user === 'nobodyhere').length
  const before = asked()
  const tries: number[] = []
  // What else runs on the machine can slow one try down.
  for (let i = 0; i < 3 && !(Math.min(...tries) < 1000); i++) {
    const startedAt = performance.now()
    expect(await tool('-I', 'lanplus', '-U', 'nobodyhere', '-P', 'x', 'chassis', 'status')).toContain('Unable to establish')
    tries.push(performance.now() - startedAt)
  }
  expect(Math.min(...tries)).toBeLessThan(1000)
  expect(asked() - before).toBe(tries.length)
})

describe('nmap', () => {
  const isRoot = process.getuid?.() === 0

  it.runIf(isRoot)('ipmi-version, ipmi-cipher-zero and ipmi-brute', async () => {
    const port = String(playing.port())
    const { stdout } = await ran('nmap', ['-Pn', '-n', '-sU', '-p', port, '--script', '+ipmi-version,+ipmi-cipher-zero', '127.0.0.1'])
    expect(stdout).toContain('UserAuth: password, md5')
    expect(stdout).toContain('Level: 1.5, 2.0')
    expect(stdout).toContain('State: VULNERABLE')
    const brute = [
      '--script',
      '+ipmi-brute',
      '--script-args',
      'brute.firstonly=true,brute.mode=creds,brute.credfile=test/fixtures/ipmi.txt',
    ]
    expect((await ran('nmap', ['-Pn', '-n', '-sU', '-p', port, ...brute, '127.0.0.1'])).stdout).toContain('ADMIN:ADMIN - Valid')
  })
})
