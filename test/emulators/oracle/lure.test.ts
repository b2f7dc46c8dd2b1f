import { connect } from 'node:tls'
import fc from 'fast-check'
import oracledb, { type Connection } from 'oracledb'
import { afterEach, describe, expect, it } from 'vitest'
import { decodeConnect, descriptorValues, encodeConnect, TnsFormatError } from '../../../src/emulators/oracle/codec.ts'
import lure from '../../../src/emulators/oracle/index.ts'
import { type Playing, play } from '../../harness.ts'
import { FileHosts } from '../file-hosts.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

const login = { policy: 'list', accept: [{ user: 'system', password: 'manager' }] }

async function serve(more: object = {}): Promise<Playing> {
  const options = { sid: 'ORCL', login, ...more }
  playing = await play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts: new FileHosts(), options })
  return playing
}

const logIn = (on: Playing, password: string, service = 'orcl'): Promise<Connection> =>
  oracledb.getConnection({ user: 'system', password, connectString: `127.0.0.1:${on.port()}/${service}`, connectTimeout: 5 })

describe('the listener', () => {
  it('refuses in the words of 19c, and writes down what is guessed', async () => {
    const on = await serve()
    const ask = async (data: string): Promise<string> => String(await on.exchange(encodeConnect(data, 308)))
    expect(await ask('(CONNECT_DATA=(COMMAND=version))')).toMatch(
      /"\0..\(DESCRIPTION=\(TMP=\)\(VSNNUM=318767104\)\(ERR=1189\)\(ERROR_STACK=\(ERROR=\(CODE=1189\)\(EMFI=4\)\)/s,
    )
    expect(await ask('(CONNECT_DATA=(COMMAND=ping))')).toContain('(ERR=0)(ALIAS=LISTENER)')
    expect(await ask('(DESCRIPTION=(CONNECT_DATA=(SID=XE)(CID=(PROGRAM=sqlplus)(HOST=w)(USER=u))))')).toContain('(ERR=12505)')
    expect(await ask('(CONNECT_DATA=(SERVICE_NAME=nope))')).toContain('(ERR=12514)')
    expect(await ask('(CONNECT_DATA=)')).toContain('(ERR=12504)')
    // ACCEPT is packet type 2.
    expect((await on.exchange(encodeConnect('(CONNECT_DATA=(SID=ORCL))', 308)))[4]).toBe(2)
    expect(on.data<{ code: number }>('oracle.connect').map(({ code }) => code)).toEqual([1189, 0, 12_505, 12_514, 12_504, 0])
    expect(on.data('oracle.connect')[2]).toMatchObject({ sid: 'XE', program: 'sqlplus', host: 'w', user: 'u' })
  })
})

describe('TCPS', () => {
  const ask = (port: number): Promise<Buffer> =>
    new Promise((resolve) => {
      const parts: Buffer[] = []
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
      socket.on('data', (part: Buffer) => parts.push(part))
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(Buffer.concat(parts)))
      socket.write(encodeConnect('(CONNECT_DATA=(COMMAND=version))', 308))
    })

  it('is spoken where the option says so', async () => {
    const on = await serve({ tcps: true })
    expect(String(await ask(on.port()))).toContain('(ERR=1189)')
    expect(on.data('fingerprint')).toHaveLength(1)
  })

  it('is no TNS where it does not', async () => {
    const on = await serve()
    expect(await ask(on.port())).toHaveLength(0)
    expect(on.data('oracle.protocol-error')).toHaveLength(1)
  })
})

describe('the instance', () => {
  it('lets in whom the policy lets in; the driver believes its answer', async () => {
    const on = await serve()
    const connection = await logIn(on, 'manager')
    expect(connection.oracleServerVersionString).toBe('19.0.0.0.0')
    await connection.ping()
    await connection.close()
    expect(on.data('login')).toMatchObject([{ method: 'o5logon', username: 'system', password: 'manager', accepted: true }])
  })

  it('refuses others; a common password is seen through, the exchange of another is kept', async () => {
    const on = await serve()
    await expect(logIn(on, 'qwerty123')).rejects.toMatchObject({ errorNum: 1017 })
    await expect(logIn(on, 'kX9!vv')).rejects.toMatchObject({ errorNum: 1017 })
    const logins = on.data('login')
    expect(logins).toMatchObject([{ password: 'qwerty123', accepted: false }, { accepted: false }])
    expect(logins[1]).not.toHaveProperty('password')
    expect(on.data('oracle.o5logon')).toMatchObject([{ user: 'system', verifier: 6949, salt: expect.stringMatching(/^[0-9A-F]{20}$/) }])
  })
})

describe('the codec', () => {
  it('reads what a client asks for, and throws only its own error', () => {
    expect(decodeConnect(encodeConnect('(CONNECT_DATA=(SID=X))').subarray(8))).toMatchObject({
      version: 319,
      data: '(CONNECT_DATA=(SID=X))',
    })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        try {
          descriptorValues(decodeConnect(Buffer.from(bytes)).data)
        } catch (error) {
          expect(error).toBeInstanceOf(TnsFormatError)
        }
      }),
    )
  })
})
