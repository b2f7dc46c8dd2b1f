import { describe, expect, it } from 'vitest'
import { makeHost } from '../harness.ts'

describe('clients of the servers on the host', () => {
  const { run } = makeHost()

  it('redis-cli keeps what it is told, in the words of Redis 7', async () => {
    expect(
      (await run('redis-cli ping; redis-cli set a 41; redis-cli incr a; redis-cli --no-raw incr a; redis-cli --no-raw get nope')).stdout,
    ).toBe('PONG\nOK\n42\n(integer) 43\n(nil)\n')
    expect(
      (await run('redis-cli rpush l x y; redis-cli --no-raw lrange l 0 -1; redis-cli lpush a 1; redis-cli --no-raw get l')).stdout,
    ).toBe(
      '2\n1) "x"\n2) "y"\nWRONGTYPE Operation against a key holding the wrong kind of value\n\n(error) WRONGTYPE Operation against a key holding the wrong kind of value\n',
    )
    expect((await run('redis-cli config set dir /root/.ssh; redis-cli config get dir; redis-cli get')).stdout).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config\n\ndir\n/var/lib/redis\nERR wrong number of arguments for 'get' command\n\n",
    )
    expect((await run("printf 'get a\\nfoo x\\n\"open\\nquit\\nping\\n' | redis-cli")).stdout).toBe(
      "43\nERR unknown command 'foo', with args beginning with: 'x' \n\nInvalid argument(s)\n",
    )
    const keys = (await run('redis-cli dbsize')).stdout.trim()
    expect((await run('redis-cli info keyspace')).stdout).toContain(`db0:keys=${keys},`)
    expect((await run('redis-cli info server | tr -d "\\r" | grep process_id')).stdout).toBe(
      `process_id:${(await run('pidof redis-server')).stdout}`,
    )
    expect((await run('redis-cli flushall; redis-cli keys "*"')).stdout).toBe('OK\n\n')
    expect(await run('redis-cli -p 6380 ping')).toEqual({
      stdout: '',
      stderr: 'Could not connect to Redis at 127.0.0.1:6380: Connection refused\n',
      exitCode: 1,
    })
  })

  it('mysqladmin, mysqlshow and mysqlcheck see the databases of mysql', async () => {
    expect((await run('mysqladmin ping; mysqladmin create q6; mysql -N -e "show databases" | grep q6')).stdout).toBe(
      'mysqld is alive\nq6\n',
    )
    expect((await run('mysqladmin create q6')).stderr).toBe(
      "mysqladmin: CREATE DATABASE failed; error: 'Can't create database 'q6'; database exists'\n",
    )
    expect((await run('mysqlshow')).stdout).toContain('| tw_portal          |\n')
    expect((await run('mysqladmin -f drop q6; mysqlshow | grep -c q6')).stdout).toBe('Database "q6" dropped\n0\n')
    const tables = (await run('mysql -N -e "show tables" tw_portal')).stdout.trim().split('\n')
    expect((await run('mysqlcheck tw_portal')).stdout).toBe(tables.map((table) => `${`tw_portal.${table}`.padEnd(50)} OK\n`).join(''))
    expect((await run('mysqladmin -u x -pnope ping')).stderr).toContain(
      "error: 'Access denied for user 'x'@'localhost' (using password: YES)'\n",
    )
  })

  it('a server that was stopped answers nobody', async () => {
    await run('systemctl stop redis-server mariadb')
    expect((await run('redis-cli ping')).stderr).toBe('Could not connect to Redis at 127.0.0.1:6379: Connection refused\n')
    expect((await run('mysqladmin ping')).stderr).toBe(
      "mysqladmin: connect to server at 'localhost' failed\nerror: 'Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)'\nCheck that mariadbd is running and that the socket: '/run/mysqld/mysqld.sock' exists!\n",
    )
  })
})
