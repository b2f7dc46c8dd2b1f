import { evidence } from '../../../events/bytes.ts'
import type { CommandFile } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { gnuCommand } from '../gnu/command.ts'
import { fetchTarget, lineSpeed } from './fetch.ts'
import { noteIndicator, REACH_TEXT } from './target.ts'

/** BusyBox' `ftpget` and `ftpput`: `-u USER -p PASS HOST LOCAL REMOTE`. */
export function busyBoxFtp(name: 'ftpget' | 'ftpput'): CommandFile {
  const get = name === 'ftpget'
  return gnuCommand({
    name,
    package: 'busybox',
    paths: [],
    usage: get ? '[OPTIONS] HOST [LOCAL_FILE] REMOTE_FILE' : '[OPTIONS] HOST [REMOTE_FILE] LOCAL_FILE',
    short: 'cvu:p:P:',
    long: { continue: 'c', verbose: 'v', username: 'u', password: 'p', port: 'P' },
    async run(process, options) {
      const [host, first, second] = options.operands
      if (host === undefined || first === undefined) {
        await process.stderr.write(
          `BusyBox v1.36.1 () multi-call binary.\n\nUsage: ${name} [OPTIONS] HOST ${get ? '[LOCAL_FILE] REMOTE_FILE' : '[REMOTE_FILE] LOCAL_FILE'}\n\n\t-c\tContinue previous transfer\n\t-v\tVerbose\n\t-u USER\tUsername\n\t-p PASS\tPassword\n\t-P PORT\n`,
        )
        return 1
      }
      const [local, remote] = get ? [first, second ?? first] : [second ?? first, first]
      const port = Number(options.value('P') ?? 21)
      const user = options.value('u')
      const url = `ftp://${user === undefined ? '' : `${user}:${options.value('p') ?? ''}@`}${host}${port === 21 ? '' : `:${port}`}/${remote}`
      if (!get) {
        try {
          process.recorder.capture(process.files.read(local).subarray(0, 4 * 1024 * 1024), { how: 'ftpput', name: evidence(local) })
        } catch (error) {
          if (!(error instanceof HostError)) throw error
          noteIndicator(process, 'url', url, name)
          await process.stderr.write(`${name}: can't open '${local}': ${error.message}\n`)
          return 1
        }
      }
      const fetched = await fetchTarget(process, { scheme: 'ftp', host, port, path: `/${remote}`, user, text: url }, name, {
        connecting: (address) =>
          options.has('v') ? process.stderr.write(`Connecting to ${host} (${address}:${port})\n`) : Promise.resolve(),
      })
      if (fetched.state === 'unresolved') await process.stderr.write(`${name}: bad address '${host}'\n`)
      else if (fetched.state === 'unconnected')
        await process.stderr.write(`${name}: can't connect to remote host (${fetched.reach.address}): ${REACH_TEXT[fetched.reach.state]}\n`)
      else {
        await process.sleep((fetched.body.length / lineSpeed(process)) * 1000)
        if (get) await (local === '-' ? process.stdout : process.openOutput(local, 'truncate')).write(fetched.body)
        return 0
      }
      return 1
    },
  })
}
