import { CLIENT, encodeHandshakeResponse } from '../../../src/emulators/mysql/codec.ts'

const CAPABILITIES =
  (CLIENT.PROTOCOL_41 |
    CLIENT.SECURE_CONNECTION |
    CLIENT.PLUGIN_AUTH |
    CLIENT.PLUGIN_AUTH_LENENC |
    CLIENT.CONNECT_ATTRS |
    CLIENT.MULTI_STATEMENTS |
    CLIENT.LOCAL_FILES) >>>
  0

function packet(payload: Buffer, sequence = 0): Buffer {
  const header = Buffer.alloc(4)
  header.writeUIntLE(payload.length, 0, 3)
  header[3] = sequence
  return Buffer.concat([header, payload])
}

function login(more = 0): Buffer {
  const attributes: [Buffer, Buffer][] = [[Buffer.from('program_name'), Buffer.from('mysql')]]
  const request = {
    user: Buffer.from('root'),
    response: Buffer.alloc(20, 7),
    database: undefined,
    plugin: 'mysql_native_password',
    attributes,
  }
  return packet(
    encodeHandshakeResponse({
      capabilities: (CAPABILITIES | more) >>> 0,
      extended: 0x18,
      maxPacket: 16_777_216,
      charset: 45,
      login: request,
    }),
    1,
  )
}

const query = (sql: string): Buffer => packet(Buffer.concat([Buffer.of(3), Buffer.from(sql)]))
const command = (code: number, ...bytes: number[]): Buffer => packet(Buffer.of(code, ...bytes))

/** Logs in (anybody may on loopback) and asks. */
const session = (...packets: Buffer[]): Buffer => Buffer.concat([login(), ...packets, command(1)])

export default [
  session(
    query('select version(), @@datadir, user()'),
    query('show databases'),
    query('use shop; show tables; select * from users where id < 3'),
  ),
  session(
    query(
      'select concat(0x7e, (select group_concat(table_name separator 0x3c) from information_schema.tables where table_schema=database()))',
    ),
  ),
  session(
    query(
      "select * from shop.customers c left join shop.orders o on o.customer_id = c.id where c.name like '%a_' and o.total > 5 order by 2 desc, o.id limit 3, 5",
    ),
  ),
  session(query('select status, count(*), sum(total), avg(total) from shop.orders group by status having count(*) > 1 order by count(*)')),
  session(
    query(
      "create table shop.t(a int primary key auto_increment, b varchar(20) default 'x', c decimal(5,2)); insert into shop.t(b,c) values('q',1.5),(null,2) on duplicate key update b='z'; update shop.t set c=c*2 where a in (1,2); delete from shop.t limit 1; drop table shop.t",
    ),
  ),
  session(
    query("select 0x7f454c46 into dumpfile '/tmp/x.so'"),
    query("create function sys_eval returns string soname 'x.so'"),
    query("select sys_eval('id')"),
  ),
  session(
    query("select if(1=1, benchmark(10, md5('a')), sleep(0)), extractvalue(1, concat(0x5c, version()))"),
    query('select updatexml(1, 2, 3) union select 1 -- x'),
  ),
  session(
    query('drop database shop; create database README; create table README.n(t text); insert into README.n values("pay 1 BTC")'),
    query('show processlist'),
  ),
  session(
    query("load data local infile '/etc/passwd' into table shop.settings"),
    packet(Buffer.from('a\tb\n'), 2),
    packet(Buffer.alloc(0), 3),
  ),
  session(
    packet(Buffer.from('\x16select ?, ? from shop.users where id = ?')),
    packet(Buffer.from('1701000000000100000000010300fd00030001000000016105000000', 'hex')),
    command(25, 1, 0, 0, 0),
  ),
  session(
    command(14),
    command(9),
    command(2, ...Buffer.from('shop')),
    command(4, ...Buffer.from('users\0')),
    command(17, ...Buffer.from('root\0\x02ab\0')),
    command(31),
  ),
  session(
    query(
      "select case when 1 then 2 else 3 end, cast(1.5 as signed), date_add(now(), interval 1 day), substring(\"abc\", 2), 'a' regexp '^[a-z]+$', (1,2)=(1,2), exists(select 1)",
    ),
  ),
  session(
    query('show variables like "ver%"'),
    query('show full columns from users from shop'),
    query('show create table shop.users'),
    query('show index from shop.users'),
    query('set @a=1, @@session.wait_timeout=5, global max_connections=9'),
  ),
  session(
    query("prepare s from 'select ?+1'; set @x=2; execute s using @x; deallocate prepare s"),
    query('with c as (select 1 a union all select 2) select * from c where a >= all (select 1)'),
  ),
  Buffer.concat([
    packet(Buffer.from('05ae03000000000121000000000000000000000000000000000000000000000000', 'hex'), 1),
    Buffer.from('160301'),
  ]),
  packet(Buffer.from('85a60300ffffff0172 6f6f740000'.replaceAll(' ', ''), 'hex'), 1),
]
