import { evidence } from '../../../events/bytes.ts'
import type { CommandFile, HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { gnuCommand } from '../gnu/command.ts'
import { dialSsh, failsPassword, trustsKey } from './ssh-client.ts'

const PROGRAMS = {
  scp: {
    package: 'openssh-client',
    short: '346ABCOpqrRsTvc:D:F:i:J:l:o:P:S:X:',
    usage:
      'usage: scp [-346ABCOpqRrsTv] [-c cipher] [-D sftp_server_path] [-F ssh_config]\n           [-i identity_file] [-J destination] [-l limit] [-o ssh_option]\n           [-P port] [-S program] [-X sftp_option] source ... target\n',
  },
  sftp: {
    package: 'openssh-client',
    short: '46AaCfNpqrvB:b:c:D:F:i:J:l:o:P:R:S:s:X:',
    usage:
      'usage: sftp [-46AaCfNpqrv] [-B buffer_size] [-b batchfile] [-c cipher]\n          [-D sftp_server_command] [-F ssh_config] [-i identity_file]\n          [-J destination] [-l limit] [-o ssh_option] [-P port]\n          [-R num_requests] [-S program] [-s subsystem | sftp_server]\n          [-X sftp_option] destination\n',
  },
  rsync: {
    package: 'rsync',
    short: 'aAbcCdDegHhiIjklLmnNoOpPqRrsStTuvVWxXyz0248e:f:',
    usage: 'rsync  version 3.2.7  protocol version 31\nUsage: rsync [OPTION]... SRC [SRC]... DEST\n',
  },
} as const

/** `scp`, `sftp` and `rsync` as a client: the other side is dialled in appearance only. */
export function transferCommand(name: keyof typeof PROGRAMS): CommandFile {
  const program = PROGRAMS[name]
  return gnuCommand({
    name,
    package: program.package,
    usage: '',
    applet: false,
    short: program.short,
    long:
      name === 'rsync'
        ? {
            archive: 'a',
            verbose: 'v',
            compress: 'z',
            rsh: 'e',
            delete: 'delete',
            progress: 'progress',
            exclude: 'exclude=',
            include: 'include=',
            bwlimit: 'bwlimit=',
            partial: 'partial',
            recursive: 'r',
            'dry-run': 'n',
            port: 'port=',
            'remove-source-files': 'remove-source-files',
            stats: 'stats',
          }
        : {},
    async run(process, options) {
      const operands = options.operands
      if (operands.length < (name === 'sftp' ? 1 : 2)) {
        await process.stderr.write(program.usage)
        return 1
      }
      const remote =
        operands.map(parseRemote).find((found) => found !== undefined) ?? (name === 'sftp' ? parseRemote(`${operands[0]}:`) : undefined)
      if (!remote) return process.run(['cp', '-r', ...operands])
      const target = operands.at(-1) as HostText
      if (parseRemote(target)) await keepUploads(process, name, operands.slice(0, -1))
      const port = Number(options.value('P') ?? 22)
      if ((await dialSsh(process, remote.host, port, name)) === 'open') {
        if (await trustsKey(process, remote.host, options.values('o'))) {
          if (process.terminal) await failsPassword(process, remote.user ?? process.user, remote.host)
          else await process.stderr.write(`${remote.user ?? process.user}@${remote.host}: Permission denied (publickey,password).\r\n`)
        }
      }
      await process.stderr.write(
        name === 'rsync'
          ? 'rsync: connection unexpectedly closed (0 bytes received so far) [sender]\nrsync error: unexplained error (code 255) at io.c(231) [sender=3.2.7]\n'
          : name === 'scp'
            ? 'scp: Connection closed\r\n'
            : 'Connection closed\r\n',
      )
      return 255
    },
  })
}

function parseRemote(text: HostText): { user: string | undefined; host: string } | undefined {
  const found = /^(?:(?:scp|sftp|rsync):\/\/)?(?:([^@/:]+)@)?([A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(?::|\/)/.exec(text)
  const isUrl = /^\w+:\/\//.test(text)
  if (!found || (!isUrl && !text.slice(0, (found[0] as string).length).endsWith(':'))) return undefined
  return { user: found[1], host: (found[2] as string).replace(/^\[|\]$/g, '') }
}

/** What an attacker means to carry away is written down. */
async function keepUploads(process: Process, name: string, files: readonly HostText[]): Promise<void> {
  for (const file of files.slice(0, 20)) {
    try {
      process.recorder.capture(process.files.read(file).subarray(0, 4 * 1024 * 1024), { how: `${name} upload`, name: evidence(file) })
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
  }
}
