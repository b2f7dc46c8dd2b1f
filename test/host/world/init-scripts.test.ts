import { expect, it } from 'vitest'
import { makeHost } from '../harness.ts'

it('the script of a service hands over to systemd, and who is logged in stays when sshd is started anew', async () => {
  const { run } = makeHost()
  expect(await run('/etc/init.d/ssh restart; service ssh restart; systemctl restart ssh; echo still here')).toEqual({
    stdout: 'Restarting ssh (via systemctl): ssh.service.\nstill here\n',
    stderr: '',
    exitCode: 0,
  })
})

it('kernel threads have their whole names and their states', async () => {
  const { stdout } = await makeHost().run('ps -eo stat,args')
  expect(stdout).toMatch(/^I< +\[kworker\/0:0H-events_highpri\]$/m)
  expect(stdout).toMatch(/^I< +\[rcu_gp\]$/m)
  expect(stdout).toMatch(/^S +\[kthreadd\]$/m)
})

it('update-rc.d knows the scripts that are there', async () => {
  const { run } = makeHost()
  expect(await run('update-rc.d cron defaults')).toEqual({ stdout: '', stderr: '', exitCode: 0 })
  expect(await run('update-rc.d nosuch defaults')).toEqual({
    stdout: '',
    stderr: 'update-rc.d: error: unable to read /etc/init.d/nosuch\n',
    exitCode: 1,
  })
})

it('sizes of memory are whole pages', async () => {
  const { stdout } = await makeHost().run("grep ' kB' /proc/meminfo | grep -v Vmalloc; ps -eo vsz= | sed 's/$/ kB/'")
  const odd = stdout.split('\n').filter((line) => line !== '' && Number(/(\d+) kB/.exec(line)?.[1]) % 4 !== 0)
  expect(odd).toEqual([])
})
