import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Headquarters } from '../../src/hive/headquarters.ts'
import { permissionsOf, sensorOf, subjectOf } from '../../src/hive/names.ts'
import { readToken, writeToken } from '../../src/hive/token.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { tempFolder } from '../store/temp-folder.ts'

describe('a token', () => {
  it('is one line that a sensor reads back, and none when a part of it is missing', async () => {
    const office = await Headquarters.found(tempFolder(), 'nats://hive.example:4222')
    const token = office.admit('dmz-1')
    const text = writeToken(token)
    expect(text).toMatch(/^sundew-sensor-[A-Za-z0-9_-]+$/)
    expect(readToken(`${text}\n`)).toEqual(token)
    expect(readToken(text.slice(0, -3))).toBeUndefined()
    expect(readToken('password')).toBeUndefined()
  })
})

describe('the folder of a hive', () => {
  it('gives the server public keys of sensors and what each may do, and forgets who is revoked', async () => {
    const data = tempFolder()
    const office = await Headquarters.found(data, 'nats://192.0.2.1:4222')
    const { seed } = office.admit('dmz-1')
    const users = (): string => readFileSync(join(data, 'hive', 'users.conf'), 'utf8')
    expect(users()).toContain(JSON.stringify(permissionsOf('dmz-1').publish))
    expect(users()).not.toContain(seed)
    expect(readFileSync(join(data, 'hive', 'hive.json'), 'utf8')).not.toContain(seed)
    expect(statSync(join(data, 'hive', 'hive.json')).mode & 0o077).toBe(0)
    expect(office.revoke('dmz-1')).toBe(true)
    expect(users()).not.toContain('dmz-1')
    expect(Headquarters.open(data).sensors).toEqual([])
    // A hive that is founded again keeps its keys and sensors.
    office.admit('dmz-2')
    const again = await Headquarters.found(data, 'nats://hive.example:4223')
    expect(again.access).toEqual({ ...office.access, url: 'nats://hive.example:4223' })
    expect(again.sensors).toEqual(office.sensors)
  })

  it('is missed with words that help', () => {
    expect(() => Headquarters.open(tempFolder())).toThrow(/there is no hive in .*\n.*cure: make it: sundew hive init/)
  })
})

describe('a subject', () => {
  it('says of which sensor an event is, whatever its lure and type are called', () => {
    const subject = subjectOf(sampleEvent({ sensor: 'dmz-1', lure: 'my.lure >*', type: 'redis.command' }))
    expect(subject).toBe('sundew.events.dmz-1.my_lure___.redis.command')
    expect(sensorOf(subject)).toBe('dmz-1')
  })
})
