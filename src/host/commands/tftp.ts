import type { HostText, Process } from '../command.ts'
import { busyBoxBanner } from './busybox/banner.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand } from './gnu/command.ts'
import { connect, noteIndicator, resolve } from './net/target.ts'

/** How long the client repeats its request before it gives up (tftp-hpa: five seconds, five times). */
const TIMEOUT_MS = 5000
const RETRIES = 5

export default gnuCommand({
  name: 'tftp',
  package: 'tftp-hpa',
  usage: '[-4][-6][-v][-V][-l][-m mode][-w size] [-B blocksize] [-R port:port] [host [port]] [-c command]',
  rawArguments: true,
  short: '',
  run: (process) =>
    isBusyBox(process) || process.argv.some((word) => /^-(g|p)/.test(word))
      ? busyBoxTftp(process, process.argv.slice(1))
      : interactive(process, process.argv.slice(1)),
})

/** `tftp -g -r FILE -l LOCAL HOST [PORT]` */
async function busyBoxTftp(process: Process, words: readonly HostText[]): Promise<number> {
  const values: Record<string, HostText> = {}
  const rest: HostText[] = []
  let put = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    const found = /^-[a-z]*([rlb])$/.exec(word)
    if (/^-[a-z]*p/.test(word) && word.startsWith('-')) put = true
    if (found) values[found[1] as string] = words[++i] ?? ''
    else if (!word.startsWith('-')) rest.push(word)
  }
  const [host, port = '69'] = rest
  const file = values.r ?? values.l
  if (host === undefined || file === undefined) {
    await process.stderr.write(
      `${busyBoxBanner(process.world.persona)} multi-call binary.\n\nUsage: tftp [OPTIONS] HOST [PORT]\n\nTransfer a file from/to tftp server\n\n\t-l FILE\tLocal FILE\n\t-r FILE\tRemote FILE\n\t-g\tGet file\n\t-p\tPut file\n\t-b SIZE\tTransfer blocks in bytes\n`,
    )
    return 1
  }
  noteIndicator(process, 'url', `tftp://${host}${port === '69' ? '' : `:${port}`}/${file}`, put ? 'tftp put' : 'tftp')
  const found = await resolve(process, host)
  if ('failure' in found) {
    await process.stderr.write(`tftp: bad address '${host}'\n`)
    return 1
  }
  const reach = await connect(process, found.address, Number(port) || 69, 'udp')
  if (reach.state === 'refused') {
    await process.stderr.write('tftp: read: Connection refused\n')
    return 1
  }
  await process.sleep(reach.state === 'open' ? 400 : 3000)
  await process.stderr.write(reach.state === 'open' ? 'tftp: server error: (1) File not found\n' : 'tftp: sendto: Network unreachable\n')
  return 1
}

async function interactive(process: Process, words: readonly HostText[]): Promise<number> {
  const at = words.indexOf('-c')
  const operands = (at < 0 ? words : words.slice(0, at)).filter((word) => !word.startsWith('-'))
  let host = operands[0]
  if (at >= 0) return one(process, host, words.slice(at + 1))
  for (;;) {
    await process.stdout.write('tftp> ')
    const line = await process.stdin.line()
    if (line === undefined) return 0
    const [command, ...args] = line.trim().split(/\s+/)
    if (command === 'quit' || command === 'q') return 0
    if (command === 'connect') host = args[0]
    else if (command === 'get' || command === 'put') await one(process, host, [command, ...args])
    else if (command && !['binary', 'ascii', 'verbose', 'trace', 'mode', 'status', 'timeout', 'rexmt'].includes(command))
      await process.stdout.write('?Invalid command\n')
  }
}

async function one(process: Process, host: HostText | undefined, words: readonly HostText[]): Promise<number> {
  const [command = '', file = ''] = words
  const [server, path] = file.includes(':') ? [file.slice(0, file.indexOf(':')), file.slice(file.indexOf(':') + 1)] : [host, file]
  if (server === undefined) {
    await process.stderr.write('tftp: No target machine specified.\n')
    return 1
  }
  noteIndicator(process, 'url', `tftp://${server}/${path}`, command === 'put' ? 'tftp put' : 'tftp')
  const found = await resolve(process, server)
  if ('failure' in found) {
    await process.stderr.write(`tftp: ${server}: Temporary failure in name resolution\n`)
    return 1
  }
  await connect(process, found.address, 69, 'udp')
  for (let i = 0; i < RETRIES; i++) await process.sleep(TIMEOUT_MS)
  await process.stdout.write('Transfer timed out.\n\n')
  return 1
}
