import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand } from './gnu/command.ts'
import { nameServers, queryName } from './net/dns-query.ts'

export default gnuCommand({
  name: 'nslookup',
  package: 'bind9-dnsutils',
  usage: '[-opt ...] host [server]',
  rawArguments: true,
  short: '',
  async run(process) {
    const [host, given] = process.argv.slice(1).filter((word) => !word.startsWith('-'))
    const server = given ?? nameServers(process)[0] ?? '127.0.0.1'
    if (host === undefined) {
      for (;;) {
        await process.stdout.write('> ')
        const line = await process.stdin.line()
        if (line === undefined || line.trim() === 'exit') return 0
        if (line.trim() !== '') await process.stdout.write((await answer(line.trim(), server)).text)
      }
    }
    const { text, status } = await answer(host, server)
    await process.stdout.write(text)
    return status

    async function answer(name: string, at: string): Promise<{ text: string; status: number }> {
      const result = await queryName(process, name, at, 'nslookup')
      if (result.state === 'timeout') {
        const line = `;; communications error to ${at}#53: timed out\n`
        return {
          text: isBusyBox(process)
            ? `;; connection timed out; no servers could be reached\n\n`
            : `${line.repeat(3)};; no servers could be reached\n\n\n`,
          status: 1,
        }
      }
      const head = isBusyBox(process) ? `Server:\t\t${at}\nAddress:\t${at}:53\n\n` : `Server:\t\t${at}\nAddress:\t${at}#53\n\n`
      if (result.state === 'nxdomain') return { text: `${head}** server can't find ${name}: NXDOMAIN\n\n`, status: 1 }
      return { text: `${head}Non-authoritative answer:\nName:\t${name}\nAddress: ${result.address}\n\n`, status: 0 }
    }
  },
})
