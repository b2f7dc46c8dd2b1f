import { expect, it } from 'vitest'
import { makeHost } from '../harness.ts'
import { login } from '../typist.ts'

it('mysql as root reads and changes the persona’s databases', async () => {
  const { run } = makeHost()
  expect((await run('mysql -e "show databases"')).stdout).toContain('tw_portal\n')
  expect((await run('mysql -t -e "select 1+1 as two"')).stdout).toBe('+-----+\n| two |\n+-----+\n|   2 |\n+-----+\n')
  expect((await run('mysql -N -e "select count(*) from tw_portal.customers"')).stdout).toMatch(/^\d+\n$/)
  await run('mysql tw_portal -e "drop table customers"')
  expect((await run('mysql tw_portal -e "select 1 from customers"')).stderr).toBe(
    "ERROR 1146 (42S02) at line 1: Table 'tw_portal.customers' doesn't exist\n",
  )
  expect((await run('mysqldump tw_portal products | grep -c "INSERT INTO"')).stdout).toBe('1\n')
  expect((await run('su -s /bin/sh -c mysql nobody')).stderr).toContain("Access denied for user 'nobody'@'localhost'")
})

it('the monitor keeps a prompt', async () => {
  const shell = await login()
  expect(await shell.type('mysql\r', 'MariaDB [(none)]> ')).toContain('Welcome to the MariaDB monitor.')
  expect(await shell.type('use tw_portal;\r', 'MariaDB [tw_portal]> ')).toContain('Database changed')
  expect(await shell.type('select 7;\r', 'MariaDB [tw_portal]> ')).toContain('1 row in set')
  expect(await shell.type('exit\r', '# ')).toContain('Bye')
})
