import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import lure from '../../src/emulators/mqtt/index.ts'
import { accountsOnly } from '../emulators/hosts.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let p: Playing
beforeAll(async () => {
  p = await play(lure, { hosts: accountsOnly(), options: { login: { policy: 'list', accept: [{ user: 'alice', password: 'secret' }] } } })
})
afterAll(() => p.stop())

const at = (): string[] => ['-h', '127.0.0.1', '-p', String(p.port())]

describe('mosquitto-clients', () => {
  it.each([
    'mqttv31',
    'mqttv311',
    'mqttv5',
  ])('%s: the version, a retained topic, and a publication of QoS 2 with a password', async (version) => {
    const sub = await ran('mosquitto_sub', [
      ...at(),
      '-V',
      version,
      '-t',
      '$SYS/broker/version',
      '-t',
      'stat/#',
      '-v',
      '-C',
      '2',
      '-W',
      '3',
    ])
    expect(sub.stdout).toBe('$SYS/broker/version mosquitto version 2.0.11\nstat/compressor/POWER ON\n')
    const pub = await ran('mosquitto_pub', [...at(), '-V', version, '-t', 'a/b', '-m', 'x', '-q', '2', '-u', 'alice', '-P', 'secret'])
    expect(pub).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(p.data('login').at(-1)).toEqual({ method: 'mqtt', username: 'alice', password: 'secret', accepted: true })
  })

  it('is told that a wrong password is not authorised', async () => {
    const { code, stderr } = await ran('mosquitto_pub', [...at(), '-t', 'a', '-m', 'x', '-u', 'alice', '-P', 'no'])
    expect([code, stderr]).toEqual([5, 'Connection error: Connection Refused: not authorised.\nError: The connection was refused.\n'])
  })
})

describe('nmap', () => {
  it('mqtt-subscribe reads the broker and its topics', { timeout: 90_000 }, async () => {
    // The script asks only what is called mqtt.
    const { stdout } = await ran(
      'nmap',
      ['-n', '-Pn', '-p', String(p.port()), '--script', '+mqtt-subscribe', '--script-args', 'mqtt-subscribe.listen-time=2s', '127.0.0.1'],
      undefined,
      80_000,
    )
    expect(stdout).toContain('$SYS/broker/version: mosquitto version 2.0.11')
    expect(stdout).toContain('stat/compressor/POWER: ON')
  })

  it('-sV finds the version', { timeout: 120_000 }, async () => {
    const { stdout } = await ran('nmap', ['-n', '-Pn', '-sV', '--version-all', '-p', String(p.port()), '127.0.0.1'], undefined, 110_000)
    expect(stdout).toContain('mosquitto version 2.0.11')
  })
})
