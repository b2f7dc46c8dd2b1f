import { Client } from 'irc-framework'
import { afterAll, beforeAll, expect, it } from 'vitest'
import irc from '../../../src/emulators/irc/index.ts'
import { type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'

let p: Playing
beforeAll(async () => {
  p = await play(irc, { persona: 'debian-web', hosts: accountsOnly() })
})
afterAll(() => p.stop())

/** The next event of that name. */
const next = (client: Client, name: string): Promise<Record<string, unknown>> => new Promise((resolve) => client.once(name, resolve))

it('a client library registers, joins, is listed, talks to another one and leaves', async () => {
  const [one, two] = [new Client(), new Client()]
  const connected = [next(one, 'registered'), next(two, 'registered')]
  one.connect({ host: '127.0.0.1', port: p.port(), nick: 'wren', username: 'wren', gecos: 'Wren', auto_reconnect: false })
  two.connect({ host: '127.0.0.1', port: p.port(), nick: 'crow', username: 'crow', gecos: 'Crow', auto_reconnect: false })
  expect(await Promise.all(connected)).toMatchObject([{ nick: 'wren' }, { nick: 'crow' }])

  const users = next(one, 'userlist')
  one.join('#nest')
  expect(await users).toMatchObject({ channel: '#nest', users: [{ nick: 'wren' }] })
  const joined = next(one, 'join')
  two.join('#nest')
  expect(await joined).toMatchObject({ nick: 'crow', channel: '#nest' })

  const heard = next(one, 'message')
  two.say('#nest', 'get http://203.0.113.5/x.sh')
  expect(await heard).toMatchObject({ nick: 'crow', target: '#nest', message: 'get http://203.0.113.5/x.sh' })
  expect(p.data('irc.message').at(-1)).toMatchObject({ text: 'get http://203.0.113.5/x.sh' })

  const left = next(one, 'quit')
  two.quit('bye')
  expect(await left).toMatchObject({ nick: 'crow', message: 'Quit: bye' })
  one.quit()
  await p.seen('session.close', 2)
})
