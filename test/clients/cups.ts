import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RealServer, realServer } from './servers.ts'

const CONFIGURATION = `
Browsing No
DefaultAuthType None
<Location />
  Order allow,deny
  Allow from all
</Location>
<Location /admin>
  Order allow,deny
  Allow from all
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
`

/** A scheduler of CUPS on loopback that anybody may give queues to; needs root, as CUPS does. */
export async function cupsServer(): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-cups-'))
  // Its filters and backends run as another user.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const folders = ['ServerRoot', 'StateDir', 'CacheDir', 'RequestRoot', 'TempDir']
  for (const name of folders) mkdirSync(join(folder, name))
  const logs = ['AccessLog', 'ErrorLog', 'PageLog']
  const lines = [...folders, ...logs].map((name) => `${name} ${join(folder, name)}`)
  writeFileSync(join(folder, 'cups-files.conf'), `${[...lines, 'SystemGroup root'].join('\n')}\n`)
  writeFileSync(join(folder, 'cupsd.conf'), `Listen 127.0.0.1:${port}\n${CONFIGURATION}`)
  const args = ['-f', '-c', join(folder, 'cupsd.conf'), '-s', join(folder, 'cups-files.conf')]
  const server = realServer(folder, port, () => spawn('/usr/sbin/cupsd', args, { stdio: 'ignore' }))
  await server.start()
  return server
}
