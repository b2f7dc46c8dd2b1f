import oracledb, { type Connection } from 'oracledb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import lure from '../../../src/emulators/oracle/index.ts'
import { type Playing, play } from '../../harness.ts'
import { FileHosts } from '../file-hosts.ts'

let playing: Playing
let connection: Connection

beforeAll(async () => {
  const accept = ['system', 'scott'].map((user) => ({ user, password: 'manager' }))
  const options = { sid: 'ORCL', login: { policy: 'list', accept } }
  playing = await play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts: new FileHosts(), options })
  connection = await logIn('system')
})
afterAll(async () => {
  await connection.close()
  expect(playing.data('oracle.protocol-error')).toEqual([])
  await playing.stop()
})

const logIn = (user: string): Promise<Connection> =>
  oracledb.getConnection({ user, password: 'manager', connectString: `127.0.0.1:${playing.port()}/orcl`, connectTimeout: 5 })
const rows = async (sql: string, binds: unknown = []): Promise<unknown[][]> => (await connection.execute(sql, binds)).rows ?? []

describe('what it says of itself', () => {
  it('is Oracle 19c', async () => {
    const banner = 'Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production'
    expect(await rows('select banner from v$version where rownum = 1')).toEqual([[banner]])
    expect(await rows('SELECT banner FROM SYS.V_$VERSION')).toEqual([[banner]])
    expect(await rows('select instance_name, host_name, version, status from v$instance')).toEqual([
      ['ORCL', 'plain17', '19.0.0.0.0', 'OPEN'],
    ])
    expect(await rows('select * from global_name')).toEqual([['ORCL.TEST.LAN']])
    expect(await rows("select user, sys_context('USERENV', 'DB_NAME') from dual")).toEqual([['SYSTEM', 'ORCL']])
    expect(await rows("select username from dba_users where account_status = 'OPEN'")).toEqual([['SYS'], ['SYSTEM'], ['SHOP']])
    expect(await rows("select spare4 from sys.user$ where name = 'SYS'")).toEqual([[expect.stringMatching(/^S:[0-9A-F]{60}$/)]])
    expect(await rows("select table_name from all_tables where owner = 'SHOP' and rownum <= 2")).toEqual([['CUSTOMERS'], ['ORDERS']])
  })

  it('types and names columns as Oracle does', async () => {
    const { metaData, rows: found } = await connection.execute(
      "select id, name, created_at, 1.5 + 1 as x, to_date('31-01-2026', 'DD-MM-YYYY') - 1, -0.25, null from shop.customers where id = :1",
      [3],
    )
    expect(metaData?.map(({ name, dbTypeName }) => `${name} ${dbTypeName}`)).toEqual([
      'ID NUMBER',
      'NAME VARCHAR2',
      'CREATED_AT DATE',
      'X NUMBER',
      "TO_DATE('31-01-2026','DD-MM-YYYY')-1 DATE",
      '-0.25 NUMBER',
      'NULL VARCHAR2',
    ])
    expect(found).toEqual([[3, expect.any(String), expect.any(Date), 2.5, new Date(2026, 0, 30), -0.25, null]])
  })

  it('sends many rows in portions', async () => {
    const options = { prefetchRows: 10, fetchArraySize: 100 }
    expect((await connection.execute('select id from shop.orders order by id', [], options)).rows).toHaveLength(640)
  })

  it.each([
    ['select nope from dual', 904, '"NOPE": invalid identifier'],
    ['select 1 from nope', 942, 'table or view does not exist'],
    ['select 1', 923, 'FROM keyword not found where expected'],
    ["select 'x from dual", 1756, 'quoted string not properly terminated'],
    ['select 1 from dual;', 933, 'SQL command not properly ended'],
    ["select to_number('x') from dual", 1722, 'invalid number'],
    ['select 1/0 from dual', 1476, 'divisor is equal to zero'],
    ['selec 1 from dual', 900, 'invalid SQL statement'],
    ['begin nope(1); end;', 6550, "identifier 'NOPE' must be declared"],
    ["select utl_inaddr.get_host_address('x.example') from dual", 24_247, 'network access denied by access control list'],
    ['select ctxsys.drithsx.sn(1, (select user from dual)) from dual', 20_000, 'DRG-11701: thesaurus SYSTEM does not exist'],
  ])('refuses %s as Oracle does', async (sql, errorNum, text) => {
    await expect(connection.execute(sql)).rejects.toMatchObject({ errorNum, message: expect.stringContaining(text) })
  })

  it('shows an account without rights less', async () => {
    const other = await logIn('scott')
    await expect(other.execute('select * from dba_users')).rejects.toMatchObject({ errorNum: 942 })
    await expect(other.execute('grant dba to scott')).rejects.toMatchObject({ errorNum: 1031 })
    const job = "begin dbms_scheduler.create_job(job_name => 'S', job_type => 'EXECUTABLE', job_action => '/bin/id', enabled => true); end;"
    await expect(other.execute(job)).rejects.toMatchObject({ errorNum: 27_486 })
    expect((await other.execute('select * from session_privs')).rows).toContainEqual(['CREATE SESSION'])
    await other.close()
  })
})

describe('what attackers do', () => {
  it('keeps the ransom note, and undoes what was not committed', async () => {
    await connection.execute('create table readme (id number(10), note varchar2(200 char), at date default sysdate)')
    await connection.execute('insert into readme (id, note) values (:a, :b)', [1, 'send 1 BTC'], { autoCommit: true })
    await connection.execute("insert into readme (id, note) values (2, q'[it's gone]')")
    expect(await rows('select note from readme order by id')).toEqual([['send 1 BTC'], ["it's gone"]])
    await connection.rollback()
    const many = await connection.executeMany('insert into readme (id, note) values (:1, :2)', [
      [5, 'a'],
      [6, 'b'],
    ])
    expect(many.rowsAffected).toBe(2)
    await connection.commit()
    const other = await logIn('system')
    expect((await other.execute('select id, note, trunc(sysdate - at) from readme order by 1')).rows).toEqual([
      [1, 'send 1 BTC', 0],
      [5, 'a', 0],
      [6, 'b', 0],
    ])
    await other.close()
  })

  it('runs jobs of the scheduler and Java on the simulated host', async () => {
    await connection.execute(`BEGIN
      DBMS_SCHEDULER.CREATE_JOB(job_name=>'J1', job_type=>'EXECUTABLE', job_action=>'/bin/sh', number_of_arguments=>2, enabled=>FALSE);
      DBMS_SCHEDULER.SET_JOB_ARGUMENT_VALUE('J1', 1, '-c');
      DBMS_SCHEDULER.SET_JOB_ARGUMENT_VALUE('J1', 2, 'id; uname -a');
      DBMS_SCHEDULER.ENABLE('J1');
    END;`)
    expect(playing.data('oracle.host-command')).toMatchObject([{ command: "/bin/sh -c 'id; uname -a'" }])
    await connection.execute(
      'create or replace and compile java source named "Run" as public class Run { public static String x(String c) { return "it\'s"; } }',
    )
    expect(playing.data('oracle.file-write')).toMatchObject([{ path: 'Run.java', how: 'java-source' }])
    await connection.execute(
      "create or replace function runcmd(p in varchar2) return varchar2 as language java name 'Run.x(java.lang.String) return String';",
    )
    expect(await rows("select runcmd('whoami') from dual")).toEqual([['ran whoami as oracle\n']])
  })

  it('writes files through a directory', async () => {
    await connection.execute("create or replace directory web as '/var/www/html'")
    await connection.execute(
      "declare f utl_file.file_type; begin f := utl_file.fopen('WEB', 'a.jsp', 'w'); utl_file.put_line(f, '<% x %>'); utl_file.fclose(f); end;",
    )
    expect(playing.data('oracle.file-write').at(-1)).toMatchObject({ path: '/var/www/html/a.jsp', how: 'utl_file', bytes: 8 })
  })

  it('drops tables in a loop, and an error inside a handler’s block is no error', async () => {
    await connection.execute(`declare n number := 0; begin
      for c in (select table_name from all_tables where owner = 'SHOP') loop
        execute immediate 'drop table shop.' || c.table_name || ' purge';
      end loop;
      execute immediate 'drop table nope';
    exception when others then null; end;`)
    expect(await rows("select count(*) from all_tables where owner = 'SHOP'")).toEqual([[0]])
    expect(playing.data('oracle.destroyed')).toHaveLength(6)
  })

  it('makes accounts', async () => {
    await connection.execute('create user hacker identified by "pw1"')
    await connection.execute('grant dba to hacker')
    expect(playing.data('oracle.privilege')).toMatchObject([{ name: 'HACKER', password: 'pw1' }, { name: 'HACKER' }])
    await expect(connection.execute('create user hacker identified by x')).rejects.toMatchObject({ errorNum: 1920 })
  })
})
