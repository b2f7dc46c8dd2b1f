import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager, RetentionPolicy } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { certificateOf } from '../../src/sensor/certificate.ts'
import { ran } from './ran.ts'
import { freePort, type RealServer, realServer } from './servers.ts'

const SUBJECTS = 'sundew.events.>'
const USER = { user: 'sundew', pass: 'a secret' }

let folder: string
let nats: RealServer
let port: number

// nats-server of Debian with TLS, a client certificate demanded, a password and a stream that takes messages of 4 KiB.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sundew-outputs-'))
  port = await freePort()
  const identity = new Identity(Buffer.alloc(32, 5))
  const alternativeNames = [{ type: 'ip' as const, value: '127.0.0.1' }]
  const server = await certificateOf(identity, { name: 'bus', subject: 'CN=bus.example', alternativeNames })
  const client = await certificateOf(identity, { name: 'sensor', subject: 'CN=sensor-7', alternativeNames: [] })
  for (const [name, text] of Object.entries({ ca: server.cert, serverKey: server.key, cert: client.cert, key: client.key })) {
    writeFileSync(join(folder, `${name}.pem`), text)
  }
  const path = (name: string): string => JSON.stringify(join(folder, name))
  writeFileSync(
    join(folder, 'nats.conf'),
    `listen: "127.0.0.1:${port}"
jetstream { store_dir: ${path('jetstream')} }
tls { cert_file: ${path('ca.pem')}, key_file: ${path('serverKey.pem')}, ca_file: ${path('cert.pem')}, verify: true }
authorization { user: ${USER.user}, password: "${USER.pass}" }
`,
  )
  nats = realServer(folder, port, () => spawn('nats-server', ['-c', join(folder, 'nats.conf')], { stdio: 'ignore' }))
  await nats.start()
  const bus = await admin()
  const stream = { subjects: [SUBJECTS], retention: RetentionPolicy.Limits, max_msg_size: 4096 }
  await (await jetstreamManager(bus)).streams.add({ name: 'SUNDEW', ...stream })
  await bus.close()
})

afterAll(() => nats.dispose())

function admin(): ReturnType<typeof connect> {
  const tls = { caFile: join(folder, 'ca.pem'), certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  return connect({ servers: [`127.0.0.1:${port}`], ...USER, tls: { ...tls, checkServerIdentity: () => undefined } as typeof tls })
}

/** `sundew outputs test nats` with such an output in sundew.yaml. */
function test(tls: Record<string, unknown>): ReturnType<typeof ran> {
  const nats = { kind: 'nats', servers: [`nats://127.0.0.1:${port}`], user: USER.user, password: { env: 'NATS_PASSWORD' }, tls }
  const config = join(folder, 'sundew.yaml')
  writeFileSync(config, JSON.stringify({ data: join(folder, 'data'), prompts: join(process.cwd(), 'prompts'), outputs: [nats] }))
  return ran('env', [`NATS_PASSWORD=${USER.pass}`, process.execPath, 'src/main.ts', 'outputs', 'test', 'nats', '--config', config])
}

it('publishes to a stream of nats-server over TLS, with a certificate of its own', async () => {
  const said = await test({ ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') })
  expect(said).toMatchObject({ code: 0, stdout: expect.stringMatching(/^nats took the test event [0-9a-f-]{36} in /) })
  const bus = await admin()
  const message = await (await jetstreamManager(bus)).streams.getMessage('SUNDEW', { last_by_subj: 'sundew.events.ssh.login' })
  await bus.close()
  const event = message?.json<SundewEvent>()
  expect(said.stdout).toContain(event?.id)
  expect(message?.header.get('Nats-Msg-Id')).toBe(event?.id)
})

it('says what is wrong with a server that nobody vouches for, and with one that does not know us', async () => {
  expect(await test({})).toMatchObject({ code: 1, stderr: expect.stringMatching(/^nats did not take a test event: .*certificate/i) })
  const withoutOwn = await test({ ca: join(folder, 'ca.pem') })
  expect(withoutOwn).toMatchObject({ code: 1, stderr: expect.stringMatching(/^nats did not take a test event: ./) })
})
