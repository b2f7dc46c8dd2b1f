import { evidence } from '../../../events/bytes.ts'
import type { HostText } from '../../command.ts'
import { complain } from '../../process/kernel-process.ts'
import type { OpenFile } from '../../process/open-file.ts'
import { toBytes } from '../../text.ts'
import { RedirectionFailed } from '../control.ts'
import type { Shell } from '../shell.ts'

/** How long a connection attempt into the void keeps a shell waiting before it gives up. */
const CONNECT_TIMEOUT_MS = 21_000

/**
 * bash opens `/dev/tcp/HOST/PORT` as a connection: the reverse shell that many scripts try. It is written down and never
 * made. Undefined when the path is no such name.
 */
export async function connect(shell: Shell, path: HostText): Promise<OpenFile | undefined> {
  const [, transport, host, port] = /^\/dev\/(tcp|udp)\/([^/]{1,255})\/([^/]{1,20})$/.exec(path) ?? []
  if (!transport || !host || !port) return undefined
  shell.process.recorder.record('indicator', { kind: 'host', value: evidence(toBytes(`${host}:${port}`)), how: `bash /dev/${transport}` })
  const local = /^(127\.|localhost$|::1$|0\.0\.0\.0$)/.test(host)
  if (!local && !/^[0-9.:]+$/.test(host)) {
    await shell.complain(`${host}: Temporary failure in name resolution`)
    await shell.complain(`${path}: Invalid argument`)
  } else {
    if (!local) await shell.process.sleep(CONNECT_TIMEOUT_MS)
    await complain(shell.process, `${shell.name}: connect: ${local ? 'Connection refused' : 'Connection timed out'}\n`)
    await shell.complain(`${path}: ${local ? 'Connection refused' : 'Connection timed out'}`)
  }
  throw new RedirectionFailed()
}
