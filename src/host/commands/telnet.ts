import { gnuCommand } from './gnu/command.ts'
import { connect, noteIndicator, REACH_TEXT, resolve } from './net/target.ts'

export default gnuCommand({
  name: 'telnet',
  package: 'base',
  paths: ['/usr/bin/telnet', '/usr/bin/inetutils-telnet', '/usr/bin/telnet.netkit'],
  usage: '[OPTION...] [HOST [PORT]]',
  short: '468acdEe:FfKk:l:Ln:rS:X:x',
  async run(process, options) {
    const [host, port = '23'] = options.operands
    if (host === undefined) {
      await process.stdout.write('telnet> ')
      for (let line = await process.stdin.line(); line !== undefined; line = await process.stdin.line()) {
        if (/^\s*q(uit)?\s*$/.test(line)) return 0
        await process.stdout.write(line.trim() === '' ? 'telnet> ' : '?Invalid command\ntelnet> ')
      }
      return 0
    }
    noteIndicator(process, 'host', `${host}:${port}`, 'telnet')
    const found = await resolve(process, host)
    if ('failure' in found) {
      await process.stderr.write(
        `telnet: could not resolve ${host}/${port}: ${found.failure === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known'}\n`,
      )
      return 1
    }
    await process.stdout.write(`Trying ${found.address}...\n`)
    const reach = await connect(process, found.address, Number(port) || 23)
    if (reach.state !== 'open') {
      await process.stderr.write(`telnet: Unable to connect to remote host: ${REACH_TEXT[reach.state]}\n`)
      return 1
    }
    await process.stdout.write(`Connected to ${host}.\nEscape character is '^]'.\n`)
    if (reach.local && port === '22' && process.world.persona.banners.ssh)
      await process.stdout.write(`${process.world.persona.banners.ssh}\r\n`)
    await process.stdin.line()
    await process.stdout.write('Connection closed by foreign host.\n')
    return 1
  },
})
