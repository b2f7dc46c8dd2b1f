import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Identity } from '../../src/config/identity.ts'
import ssh from '../../src/ssh/index.ts'
import { type Playing, type PlayOptions, play } from '../harness.ts'
import { type FakeHost, fakeHosts } from './fake-host.ts'

/** One identity for all tests of a file: an RSA key takes its time to make. */
const identity = new Identity(Buffer.alloc(32, 5))

export interface PlayingSsh {
  playing: Playing
  port: number
  /** The host, once an attacker is in. */
  host: () => FakeHost
  /** Data folder, with the recordings. */
  data: string
  stop: () => Promise<void>
}

/** Plays the lure over a fake host; failed logins are answered at once. */
export async function playSsh(given: PlayOptions = {}): Promise<PlayingSsh> {
  const data = mkdtempSync(join(tmpdir(), 'sundew-ssh-'))
  const { hosts, host } = fakeHosts()
  const playing = await play(ssh, {
    hosts,
    persona: 'debian-web',
    identity,
    ...given,
    options: { delays: false, ...given.options },
    settings: { data, ...given.settings },
  })
  const stop = async (): Promise<void> => {
    await playing.stop()
    rmSync(data, { recursive: true, force: true })
  }
  return { playing, port: playing.port(), host, data, stop }
}
