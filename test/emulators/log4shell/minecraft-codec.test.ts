import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  legacyPong,
  MinecraftError,
  PacketReader,
  packet,
  readHandshake,
  string,
  varInt,
} from '../../../src/emulators/log4shell/minecraft-codec.ts'

describe("Minecraft's packets", () => {
  it('carry every 32-bit number', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(new PacketReader(varInt(value)).varInt()).toBe(value)
      }),
    )
    expect(varInt(25565)).toEqual(Buffer.from([0xdd, 0xc7, 0x01]))
    expect(varInt(-1)).toEqual(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]))
  })

  it('carry every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(new PacketReader(string(text)).string().toString()).toBe(text)
      }),
    )
  })

  it('throw nothing but their own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          readHandshake(new PacketReader(Buffer.from(bytes)))
        } catch (error) {
          expect(error).toBeInstanceOf(MinecraftError)
        }
      }),
    )
  })

  it('have their length before them', () => {
    expect(packet(0, string('ab'))).toEqual(Buffer.from([4, 0, 2, 0x61, 0x62]))
  })

  it('answer the ping of 1.4 to 1.6 as nmap reads it', () => {
    const pong = legacyPong({ motd: 'Hello', version: '1.18', online: 3, max: 20 }, false).toString('latin1')
    // nmap-service-probes, Probe TCP minecraft-ping
    expect(pong).toMatch(/^\xff\x00.\x00\xa7\x00\x31\x00\x00(.+?)\x00\x00(.+?)\x00\x00(.+?)\x00\x00(.+?)\x00\x00(.+)/s)
  })
})
