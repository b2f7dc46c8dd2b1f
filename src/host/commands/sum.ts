import { gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'

export default gnuCommand({
  name: 'sum',
  usage: '[OPTION]... [FILE]...',
  about: 'Print or check BSD (16-bit) checksums.',
  authors: 'Kayvan Aghaiepour and David MacKenzie',
  short: 'rs',
  long: { sysv: 's' },
  async run(process, options) {
    const fine = await eachInput(process, options.operands, async (input, name) => {
      const bytes = await input.all()
      const shown = options.operands.length ? ` ${name}` : ''
      if (options.has('s')) {
        let total = 0
        for (const byte of bytes) total = (total + byte) >>> 0
        const folded = (total & 0xffff) + (total >>> 16)
        await process.stdout.write(`${(folded & 0xffff) + (folded >>> 16)} ${Math.ceil(bytes.length / 512)}${shown}\n`)
        return
      }
      let sum = 0
      for (const byte of bytes) sum = ((sum >> 1) + ((sum & 1) << 15) + byte) & 0xffff
      await process.stdout.write(`${String(sum).padStart(5, '0')} ${String(Math.ceil(bytes.length / 1024)).padStart(5)}${shown}\n`)
    })
    return fine ? 0 : 1
  },
})
