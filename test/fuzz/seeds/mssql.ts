import { encodeLogin7, encodePackets, encodePrelogin } from '../../../src/emulators/mssql/codec.ts'

const HEADERS = Buffer.from('16000000120000000200000000000000000001000000', 'hex')
const prelogin = encodePackets(18, encodePrelogin({ version: '11.0.0', encryption: 2, isMarsAsked: true }), 4096)
const login = encodePackets(16, encodeLogin7({ user: 'sa', password: 'x' }), 4096)
const batch = (sql: string): Buffer => encodePackets(1, Buffer.concat([HEADERS, Buffer.from(sql, 'utf16le')]), 4096)
/** Logs in (anybody may on loopback) and asks. */
const session = (...sql: string[]): Buffer => Buffer.concat([prelogin, login, ...sql.map(batch)])

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'utf16le')
  const head = Buffer.from('0000e7401f0904d00034', 'hex')
  const length = Buffer.alloc(2)
  length.writeUInt16LE(bytes.length)
  return Buffer.concat([head, length, bytes])
}
const executeSql = encodePackets(
  3,
  Buffer.concat([
    HEADERS,
    Buffer.from('ffff0a000000', 'hex'),
    text('select @a'),
    text('@a int'),
    Buffer.from('02400061000026040405000000', 'hex'),
  ]),
  4096,
)

export default [
  session(
    'select @@version',
    "select name from sys.databases; use shop; select top 3 * from customers where name like '%a%' order by 2 desc",
  ),
  session(
    "exec sp_configure 'show advanced options', 1; reconfigure; exec sp_configure 'xp_cmdshell', 1; reconfigure; exec xp_cmdshell 'id'",
  ),
  session("declare @i int = 0 while @i < 5 begin set @i = @i + 1 if @i > 3 print 'x' else select @i end", 'exec(0x73656c6563742031)'),
  session(
    "declare @o int exec sp_oacreate 'ADODB.Stream', @o out exec sp_oamethod @o, 'Write', null, 0x4d5a",
    'create assembly x from 0x4d5a with permission_set = unsafe',
  ),
  session(
    "create table #t (a varchar(100)) bulk insert #t from '/etc/passwd' select * from #t; backup database shop to disk = '/tmp/x.bak'",
  ),
  Buffer.concat([prelogin, login, executeSql, encodePackets(6, Buffer.alloc(0), 4096)]),
  encodePackets(2, Buffer.alloc(580, 'sa'), 4096),
  Buffer.concat([
    encodePackets(18, encodePrelogin({ version: '11.0.0', encryption: 0, isMarsAsked: false }), 4096),
    encodePackets(18, Buffer.from('16030100050100000103', 'hex'), 4096),
  ]),
  Buffer.from('0353514c', 'hex'),
]
