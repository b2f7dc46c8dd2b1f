import { ipv4Number, primary } from '../world/network.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'hostid',
  usage: '[OPTION]',
  about: 'Print the numeric identifier (in hexadecimal) for the current host.',
  authors: 'Jim Meyering',
  short: '',
  async run(process) {
    // glibc makes it from the address of the host name, halves swapped; Debian's /etc/hosts says 127.0.1.1.
    const hosts = process.world.persona.files.get('/etc/hosts')?.toString('utf8') ?? ''
    const address =
      new RegExp(`^(\\d+\\.\\d+\\.\\d+\\.\\d+)\\s.*\\b${process.world.persona.hostname.replace(/[^\w-]/g, '')}\\b`, 'm').exec(hosts)?.[1] ??
      primary(process.world).address
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(ipv4Number(address))
    const value = bytes.readUInt32LE()
    await process.stdout.write(`${(((value << 16) | (value >>> 16)) >>> 0).toString(16).padStart(8, '0')}\n`)
    return 0
  },
})
