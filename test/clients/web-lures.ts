import { Identity } from '../../src/config/identity.ts'
import { lures } from '../../src/emulators/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import type { Lure } from '../../src/sensor/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'

/** A lure of the web as an installation without settings plays it, on its machines. */
export interface PlayedLure extends Playing {
  /** `https://127.0.0.1:40123`. @param index number of the port declaration */
  base(index?: number): string
}

export async function playLure(name: string, options: Record<string, unknown> = {}): Promise<PlayedLure> {
  const lure = lures.find((one) => one.name === name) as Lure
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const playing = await play(lure, {
    persona: lure.persona ?? 'debian-web',
    identity,
    state,
    hosts: createHosts({ identity, engine: noEngine, state }),
    options,
    settings: { limits: { connectionsPerSource: 400 } },
  })
  const base = (index = 0): string => `${lure.ports[index]?.tls ? 'https' : 'http'}://127.0.0.1:${playing.port(index)}`
  return Object.assign(playing, { base })
}
