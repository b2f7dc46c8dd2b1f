import { expect, it } from 'vitest'
import { makeHost } from '../harness.ts'

it("logrotate's state agrees with the logs on the disk, and a forced run turns them", async () => {
  const { run } = makeHost()
  const turned = (await run('sed -n \'s#^"/var/log/syslog" \\(.*\\)-0:0:0$#\\1#p\' /var/lib/logrotate/status')).stdout.trim()
  const [year, month, day] = turned.split('-').map(Number) as [number, number, number]
  expect((await run('stat -c %y /var/log/syslog.1 | cut -d" " -f1')).stdout.trim()).toBe(
    `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`,
  )
  expect((await run('logrotate -d /etc/logrotate.conf')).stderr).toContain('considering log /var/log/syslog\n  Now: ')
  await run(
    "mkdir /tmp/l; printf '/tmp/l/*.log {\\n weekly\\n rotate 2\\n compress\\n delaycompress\\n create\\n}\\n' > /tmp/c; echo 1 > /tmp/l/a.log",
  )
  await run('logrotate -f -s /tmp/st /tmp/c; echo 2 > /tmp/l/a.log; logrotate -f -s /tmp/st /tmp/c')
  expect((await run('ls /tmp/l; cat /tmp/l/a.log.1; zcat /tmp/l/a.log.2.gz; grep -c a.log /tmp/st')).stdout).toBe(
    'a.log\na.log.1\na.log.2.gz\n2\n1\n1\n',
  )
  expect((await run('logrotate -v -s /tmp/st /tmp/c')).stderr).toContain('  log does not need rotating (log has already been rotated)\n')
  expect(await run('logrotate /nope -s /tmp/st')).toEqual({
    stdout: '',
    stderr: 'error: cannot stat /nope: No such file or directory\n',
    exitCode: 1,
  })
  expect((await run('echo foo bar > /tmp/c; logrotate -s /tmp/st /tmp/c')).stderr).toBe(
    "error: /tmp/c:1 unknown option 'foo' -- ignoring line\n",
  )
})
