import { HostError } from '../contract.ts'
import { gnuCommand } from './gnu/command.ts'

const TYPE =
  '\nType dpkg-deb --help for help about manipulating *.deb files;\nType dpkg --help for help about installing and deinstalling packages.\n'
const ACTIONS = /^(-[bcefIRWxX]|--(build|contents|control|extract|field|info|raw-extract|show|vextract|fsys-tarfile|ctrl-tarfile))$/

export default gnuCommand({
  name: 'dpkg-deb',
  package: 'dpkg',
  usage: '[<option> ...] <command>',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const [file] = words.filter((word) => !word.startsWith('-'))
    const verb = words.find((word) => ACTIONS.test(word))
    const unknown = words.find(
      (word) =>
        word.startsWith('-') &&
        !ACTIONS.test(word) &&
        !/^(-[vVzZSD]|--(verbose|version|help|showformat|no-check|root-owner-group|uniform-compression|debug))/.test(word),
    )
    const say = async (text: string): Promise<number> => {
      await process.stderr.write(`dpkg-deb: error: ${text}\n`)
      return 2
    }
    if (unknown !== undefined) return say(`unknown option ${unknown}\n${TYPE.slice(0, -1)}`)
    if (verb === undefined) return say(`need an action option\n${TYPE.slice(0, -1)}`)
    if (file === undefined)
      return say(
        `${verb.startsWith('--') ? verb : `--${{ I: 'info', c: 'contents', x: 'extract', e: 'control', b: 'build', f: 'field' }[verb[1] as string] ?? 'info'}`} needs a .deb filename argument\n${TYPE.slice(0, -1)}`,
      )
    try {
      const bytes = process.files.read(file)
      // Archives that an attacker brings are kept with the other files; what is in them is not taken apart.
      if (bytes.subarray(0, 8).toString('latin1') !== '!<arch>\n') return say(`'${file}' is not a Debian format archive`)
      return say(`archive '${file}' uses unknown compression for member 'control.tar', giving up`)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      return say(`failed to read archive '${file}': ${error.message}`)
    }
  },
})
