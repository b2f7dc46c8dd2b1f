import { HostError } from '../contract.ts'
import { toText } from '../text.ts'
import { gnuCommand } from './gnu/command.ts'
import { PHP } from './script/languages.ts'
import { runOneLiner } from './script/one-liner.ts'

export default gnuCommand({
  name: 'php',
  package: 'php8.2-cli',
  paths: ['/usr/bin/php8.2', '/usr/bin/php'],
  usage: '[options] [-f] <file> [--] [args...]',
  applet: false,
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const version = (process.world.persona.packages.find((name) => name.startsWith('php8.2-cli '))?.split(' ')[1] ?? '8.2.29-1').split(
      '-',
    )[0]
    if (words[0] === '-v' || words[0] === '--version') {
      await process.stdout.write(
        `PHP ${version} (cli) (built: Jul  3 2025 16:16:05) (NTS)\nCopyright (c) The PHP Group\nZend Engine v${version?.replace(/^8/, '4')}, Copyright (c) Zend Technologies\n    with Zend OPcache v${version}, Copyright (c), by Zend Technologies\n`,
      )
      return 0
    }
    if (words[0] === '-m') {
      await process.stdout.write(
        '[PHP Modules]\nCore\nctype\ncurl\ndate\ndom\nfileinfo\nfilter\ngd\nhash\njson\nlibxml\nmbstring\nmysqli\nopenssl\npcre\nPDO\npdo_mysql\nPhar\nposix\nreadline\nReflection\nsession\nSimpleXML\nsockets\nsodium\nSPL\nstandard\ntokenizer\nxml\nZend OPcache\nzip\nzlib\n\n[Zend Modules]\nZend OPcache\n\n',
      )
      return 0
    }
    if (words[0] === '-r') return runOneLiner(process, words[1] ?? '', PHP)
    const file = words[0] === '-f' ? words[1] : words.find((word) => !word.startsWith('-'))
    if (file === undefined) return runOneLiner(process, stripped(toText(await process.stdin.all(1024 * 1024))), PHP)
    try {
      return await runOneLiner(process, stripped(toText(process.files.read(file))), PHP)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await process.stdout.write(`Could not open input file: ${file}\n`)
      return 1
    }
  },
})

function stripped(code: string): string {
  return code.replace(/^\s*<\?(php)?/, '').replace(/\?>\s*$/, '')
}
