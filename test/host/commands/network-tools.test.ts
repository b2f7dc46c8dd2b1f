import { expect, it } from 'vitest'
import { makeHost } from '../harness.ts'
import { login } from '../typist.ts'

it('tcpdump listens and sums up at ^C; ethtool knows the links', async () => {
  const shell = await login('ubuntu-gpu')
  await shell.type('tcpdump -ni lo port 9\r', /listening on lo, link-type EN10MB \(Ethernet\), snapshot length 262144 bytes\r\n$/)
  expect(await shell.type('\x03', /[#$] $/)).toMatch(
    /0 packets captured\r\n0 packets received by filter\r\n0 packets dropped by kernel\r\n/,
  )
  const { run, persona } = shell.test
  expect((await run('tcpdump -i nope')).stderr).toBe('tcpdump: nope: No such device exists\n(No such device exists)\n')
  expect((await run(`ethtool ${persona.network.interfaces[0]?.name} | tail -1`)).stdout).toBe('\tLink detected: yes\n')
  expect((await run('ethtool nope')).exitCode).toBe(75)
})

it('apache2ctl -S shows the sites of its folder', async () => {
  const { run, persona } = makeHost('hospital-integration')
  expect((await run('apache2ctl -S')).stdout).toContain(
    `*:80                   ${persona.hostname}.${persona.domain} (/etc/apache2/sites-enabled/000-default.conf:1)\n`,
  )
  expect((await run('apachectl -M')).stdout).toContain(' proxy_http_module (shared)\n')
  expect((await run('apache2ctl configtest')).stderr).toBe('Syntax OK\n')
  expect((await run('apache2ctl stop; systemctl is-active apache2')).stdout).toBe('inactive\n')
})
