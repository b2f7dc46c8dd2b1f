import { gnuCommand } from './gnu/command.ts'
import { connect, noteIndicator, REACH_TEXT, resolve } from './net/target.ts'

export default gnuCommand({
  name: 'ftp',
  package: 'tnftp',
  usage: '[-46AadefginpRtVv] [-N NETRC] [-o OUTPUT] [-P PORT] [-q QUITTIME] [[USER@]HOST [PORT]]',
  short: '46AadefginpRtVvN:o:P:q:r:s:T:u:x:',
  async run(process, options) {
    const open = async (host: string, port: number): Promise<void> => {
      noteIndicator(process, /:\/\//.test(host) ? 'url' : 'host', host, 'ftp')
      const name = host
        .replace(/^ftp:\/\//, '')
        .replace(/^.*@/, '')
        .split(/[/:]/)[0] as string
      const found = await resolve(process, name)
      if ('failure' in found) {
        await process.stderr.write(
          `ftp: Can't lookup \`${name}:ftp': ${found.failure === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known'}\n`,
        )
        return
      }
      await process.stdout.write(`Trying ${found.address}:${port} ...\n`)
      const reach = await connect(process, found.address, port)
      await process.stderr.write(
        reach.state === 'open'
          ? '421 Service not available, remote server has closed connection.\n'
          : `ftp: Can't connect to \`${found.address}:${port}': ${REACH_TEXT[reach.state]}\nftp: Can't connect to \`${name}:ftp'\n`,
      )
    }
    const [host, port] = options.operands
    if (host !== undefined) await open(host, Number(port ?? options.value('P') ?? 21))
    if (host !== undefined && /:\/\//.test(host)) return 1
    for (;;) {
      if (process.stdin.isTerminal) await process.stdout.write('ftp> ')
      const line = await process.stdin.line()
      if (line === undefined) return 0
      const [command, ...args] = line.trim().split(/\s+/)
      if (!command) continue
      if (/^(bye|quit|exit)$/.test(command)) return 0
      if (command === 'open' && args[0]) await open(args[0], Number(args[1] ?? 21))
      else if (command === 'help' || command === '?')
        await process.stdout.write(
          'Commands may be abbreviated.  Commands are:\n\n!\t\tclose\t\thelp\t\topen\t\tstatus\n$\t\tcr\t\tidle\t\tprompt\t\tsystem\nbinary\t\tdelete\t\tls\t\tput\t\tuser\nbye\t\tget\t\tmget\t\tpwd\t\tverbose\n',
        )
      else
        await process.stdout.write(
          /^(ls|dir|get|put|cd|pwd|mget|mput|binary|ascii|passive|user|delete|mkdir|size)$/.test(command)
            ? 'Not connected.\n'
            : '?Invalid command.\n',
        )
    }
  },
})
