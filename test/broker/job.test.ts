import { deflateSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ftpServer, jobDesk, ldapServer, reference, tcpServer, tftpServer, trail, webServer, work } from './far-ends.ts'

const CLASS = Buffer.from('cafebabe0000003400', 'hex')
const many = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

afterEach(() => {
  vi.useRealTimers()
})

describe('a job', () => {
  it('gets a file over HTTP as Java would, or wget, without cookies and credentials', async () => {
    const web = await webServer((_, response) => response.setHeader('set-cookie', 'a=b').end(CLASS))
    const at = `127.0.0.1:${web.port}`
    const desk = jobDesk()
    const brought = await work(`http://me:secret@${at}/E.class?x=1`, desk)
    expect(brought.files.map(({ bytes }) => bytes)).toEqual([CLASS])
    await work(`http://${at}/x.sh`, desk, { how: 'wget' })
    expect(web.asked).toEqual(['GET /E.class?x=1', 'GET /x.sh'])
    const java = ['User-Agent', 'Java/1.8.0_181', 'Host', at, 'Accept', 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2']
    expect(web.heads).toEqual([
      [...java, 'Connection', 'keep-alive'],
      ['Host', at, 'User-Agent', 'Wget/1.21.3', 'Accept', '*/*', 'Accept-Encoding', 'identity', 'Connection', 'Keep-Alive'],
    ])
  })

  it('asks a directory as Java does, keeps the entry and goes to the class that it names', async () => {
    const web = await webServer((_, response) => response.end(CLASS))
    const codeBase = `http://127.0.0.1:${web.port}/`
    const directory = await ldapServer([...reference(codeBase), ['javaSerializedData', [Buffer.from('aced0005', 'hex')]]])
    const target = `ldap://127.0.0.1:${directory.port}/Basic/Command/Base64/aWQ=`
    const brought = await work(target, jobDesk())
    expect(directory.names).toEqual(['Basic/Command/Base64/aWQ='])
    expect(trail(brought)).toEqual([`kept ${target}`, `kept ${codeBase}Exploit.class`])
    expect(brought.files.map(({ url, bytes }) => [url, bytes.toString('latin1')])).toEqual([
      [
        target,
        [
          'dn: Basic/Command/Base64/aWQ=',
          'objectClass: javaNamingReference',
          'javaClassName: foo',
          `javaCodeBase: ${codeBase}`,
          'javaFactory: Exploit',
          'javaSerializedData:: rO0ABQ==',
          '',
        ].join('\n'),
      ],
      [`${target}#javaSerializedData`, '\xac\xed\x00\x05'],
      [`${codeBase}Exploit.class`, CLASS.toString('latin1')],
    ])
    expect(web.heads[0]?.[1]).toBe('Java/1.8.0_181')
  })

  it('gets a file over FTP as anonymous, from the judged address whatever the server says', async () => {
    const file = Buffer.from('#!/bin/sh\n')
    const server = await ftpServer(file, { address: '10,0,0,1' })
    const brought = await work(`ftp://root:toor@127.0.0.1:${server.port}/pub/x%20y.sh`, jobDesk())
    expect(brought.files.map(({ bytes }) => bytes)).toEqual([file])
    expect(server.said).toEqual(['USER anonymous', 'PASS Java1.8.0_181@', 'TYPE I', 'PASV', 'RETR pub/x y.sh'])
    const mail = await ftpServer(file, { dataPort: 25 })
    expect(trail(await work(`ftp://127.0.0.1:${mail.port}/f`, jobDesk()))).toEqual([
      `failed ftp://127.0.0.1:${mail.port}/f: a data connection to port 25`,
    ])
  })

  it('gets a file over TFTP, block by block, from the one that it asked', async () => {
    const file = Buffer.from(many(1500).map((i) => i % 251))
    const server = await tftpServer(file)
    const brought = await work(`tftp://127.0.0.1:${server.port}/bins/mirai.arm7`, jobDesk(), { how: 'tftp' })
    expect(brought.files.map(({ bytes }) => bytes)).toEqual([file])
    expect(server.asked).toEqual(['bins/mirai.arm7\0octet\0'])
  })

  it('writes RMI down and does not go there', async () => {
    let connections = 0
    const port = await tcpServer(() => connections++)
    expect(trail(await work(`rmi://127.0.0.1:${port}/a`, jobDesk()))).toEqual([`recorded rmi://127.0.0.1:${port}/a: scheme rmi`])
    expect(connections).toBe(0)
  })

  it('follows what stands in a file, in plain text alone', async () => {
    const hidden = (port: number): Buffer => deflateSync(`http://127.0.0.1:${port}/hidden`)
    const web = await webServer((request, response) => {
      const base = `http://127.0.0.1:${web.port}`
      if (request.url === '/a')
        response.end(Buffer.concat([Buffer.from(`\x01${base}/b?x=1&y=2\x01wget '${base}/c'; rmi://x.example/r `), hidden(web.port)]))
      else if (request.url === '/c') response.end(`<!DOCTYPE html><a href="${base}/page">http://www.w3.org/</a>`)
      else response.end(`${base}/a http://www.w3.org/2000/svg`)
    })
    const base = `http://127.0.0.1:${web.port}`
    const brought = await work(`${base}/a`, jobDesk())
    expect(trail(brought)).toEqual([`kept ${base}/a`, `kept ${base}/b?x=1&y=2`, `kept ${base}/c`, 'recorded rmi://x.example/r: scheme rmi'])
    expect(web.heads.map((head) => head[head.indexOf('User-Agent') + 1])).toEqual(['Java/1.8.0_181', 'Wget/1.21.3', 'Wget/1.21.3'])
  })
})

describe('the bounds of a job', () => {
  it('ten addresses, also the second time', async () => {
    const web = await webServer((_, response) => response.end(CLASS))
    const bases = many(11).map((i) => `http://127.0.0.1:${web.port}/${i}/`)
    const directory = await ldapServer(reference(...bases))
    const desk = jobDesk()
    for (const round of ['a', 'b']) {
      const brought = await work(`ldap://127.0.0.1:${directory.port}/${round}`, desk)
      const all = trail(brought)
      expect(all).toHaveLength(12)
      expect(all.filter((one) => one.startsWith('kept '))).toHaveLength(10)
      expect(all.slice(10)).toEqual(bases.slice(9).map((base) => `refused ${base}Exploit.class: more than 10 addresses`))
    }
    expect(web.asked).toHaveLength(18)
  })

  it('five redirects, each judged anew', async () => {
    let secret = 0
    // 127.0.0.2 is another machine here: it may not be reached.
    const web = await webServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://x')
      const left = Number(url.searchParams.get('left'))
      const to = left > 0 ? `${url.pathname}?left=${left - 1}` : url.searchParams.get('to')
      if (url.pathname === '/secret') secret++
      if (to === null) response.end(CLASS)
      else response.writeHead(302, { location: to }).end()
    })
    const base = `http://127.0.0.1:${web.port}`
    const endOf = async (path: string): Promise<string> => trail(await work(`${base}${path}`, jobDesk())).at(-1) ?? ''
    expect(await endOf('/a?left=5')).toBe(`kept ${base}/a?left=0`)
    expect(await endOf('/a?left=6')).toBe(`refused ${base}/a?left=1: more than 5 redirects`)
    const bad = async (to: string): Promise<string> => endOf(`/b?to=${encodeURIComponent(to)}`)
    expect(await bad(`http://127.0.0.2:${web.port}/secret`)).toBe(
      `refused http://127.0.0.2:${web.port}/secret: 127.0.0.2 is no public address`,
    )
    expect(await bad('http://169.254.169.254/latest/meta-data/')).toMatch(/^refused .*: 169\.254\.169\.254 is no public address$/)
    expect(await bad('http://[::ffff:7f00:2]/')).toMatch(/^refused .* is no public address$/)
    expect(await bad('//127.0.0.2/')).toMatch(/^refused http:\/\/127\.0\.0\.2\/: /)
    expect(await bad('http://127.0.0.1:25/')).toBe('refused http://127.0.0.1:25/: port 25 is one of mail')
    expect(await bad('file:///etc/passwd')).toBe('refused file:///etc/passwd: a redirect to another scheme')
    expect(await bad(`ldap://127.0.0.1:${web.port}/a`)).toMatch(/: a redirect to another scheme$/)
    expect(secret).toBe(0)
  })

  it('bytes of a file, of a job and of an hour', async () => {
    const web = await webServer((_, response) => response.end(Buffer.alloc(200_000)))
    const base = `http://127.0.0.1:${web.port}`
    const small = jobDesk({ limits: { fileMiB: 0.1 } })
    expect(trail(await work(`${base}/a`, small))).toEqual([`refused ${base}/a: more than 0.1 MiB`])
    expect(trail(await work(`${base}/b`, jobDesk(), { maxBytes: 100_000 }))).toEqual([`refused ${base}/b: more than 0.1 MiB`])
    const hourly = jobDesk({ limits: { mibPerHour: 0.3 } })
    vi.useFakeTimers({ toFake: ['Date'] })
    expect(trail(await work(`${base}/c`, hourly))).toEqual([`kept ${base}/c`])
    expect(trail(await work(`${base}/d`, hourly))).toEqual([`refused ${base}/d: 0.3 MiB an hour`])
    const before = web.asked.length
    expect(trail(await work(`${base}/e`, hourly))).toEqual([`refused ${base}/e: 0.3 MiB an hour`])
    expect(web.asked).toHaveLength(before)
    vi.setSystemTime(Date.now() + 3_600_001)
    expect(trail(await work(`${base}/f`, hourly))).toEqual([`kept ${base}/f`])
  })

  it('an endless file over any protocol', async () => {
    const endless = (head: string | Buffer, chunk: Buffer) =>
      tcpServer((socket) => {
        socket.write(head)
        const pour = (): void => {
          while (!socket.destroyed && socket.write(chunk));
        }
        socket.on('drain', pour)
        pour()
      })
    const desk = jobDesk({ limits: { fileMiB: 0.5 } })
    const http = await endless('HTTP/1.1 200 OK\r\n\r\n', Buffer.alloc(65_536))
    expect(trail(await work(`http://127.0.0.1:${http}/`, desk))).toEqual([`refused http://127.0.0.1:${http}/: more than 0.5 MiB`])
    const heads = await endless('HTTP/1.1 200 OK\r\n', Buffer.from('a: b\r\n'.repeat(1000)))
    expect(trail(await work(`http://127.0.0.1:${heads}/`, desk))).toEqual([`failed http://127.0.0.1:${heads}/: HPE_HEADER_OVERFLOW`])
    const ftp = await endless('220-', Buffer.from('x'.repeat(4096)))
    expect(trail(await work(`ftp://127.0.0.1:${ftp}/f`, desk))).toEqual([`failed ftp://127.0.0.1:${ftp}/f: a line that is too long`])
    const tftp = await tftpServer(Buffer.alloc(600_000))
    expect(trail(await work(`tftp://127.0.0.1:${tftp.port}/f`, desk))).toEqual([
      `refused tftp://127.0.0.1:${tftp.port}/f: more than 0.5 MiB`,
    ])
    const ldap = await endless(Buffer.from('308400ffffff', 'hex'), Buffer.alloc(65_536))
    expect(trail(await work(`ldap://127.0.0.1:${ldap}/f`, desk))).toEqual([`refused ldap://127.0.0.1:${ldap}/f: more than 0.5 MiB`])
  })

  it.each(['http', 'https', 'ftp', 'ldap', 'ldaps', 'tftp'])('time, when a server of %s says nothing', async (scheme) => {
    const port = await tcpServer(() => undefined)
    const desk = jobDesk({ limits: { fileMs: 100 } })
    expect(trail(await work(`${scheme}://127.0.0.1:${port}/f`, desk))).toEqual([
      expect.stringMatching(/^failed .*: (not within 100 ms|ECONNREFUSED)$/),
    ])
    expect(trail(await work(`${scheme}://127.0.0.1:${port}/g`, jobDesk(), { maxMs: 1_100 }))).toEqual([
      expect.stringMatching(/^failed .*: (no time was left|ECONNREFUSED)$/),
    ])
  })

  it('connections to one address, and a target once an hour', async () => {
    const web = await webServer((_, response) => response.end(CLASS))
    const base = `http://127.0.0.1:${web.port}`
    const desk = jobDesk({ limits: { perAddress: 2 } })
    expect(trail(await work(`${base}/a`, desk))).toEqual([`kept ${base}/a`])
    expect(trail(await work(`${base}/a`, desk))).toEqual([`refused ${base}/a: was asked for within the hour`])
    expect(trail(await work(`HTTP://127.1:${web.port}/a`, desk))).toEqual([expect.stringMatching(/: was asked for within the hour$/)])
    expect(trail(await work(`${base}/b`, desk))).toEqual([`kept ${base}/b`])
    expect(trail(await work(`${base}/c`, desk))).toEqual([`refused ${base}/c: 2 connections an hour to 127.0.0.1`])
    expect(web.asked).toEqual(['GET /a', 'GET /b'])
  })

  it('an answer that is none', async () => {
    const web = await webServer((_, response) => response.writeHead(404).end('no'))
    const at = `http://127.0.0.1:${web.port}/`
    expect(trail(await work(at, jobDesk()))).toEqual([`failed ${at}: answered 404`])
    const port = await tcpServer((socket) => socket.destroy())
    expect(trail(await work(`ldap://127.0.0.1:${port}/a`, jobDesk()))).toEqual([expect.stringMatching(/^failed ldap:/)])
  })
})
