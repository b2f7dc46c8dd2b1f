import { HostError } from '../contract.ts'
import { ATTRIBUTE_LETTERS, setAttributes } from './gnu/attributes.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { walkTree } from './gnu/tree.ts'

export default gnuCommand({
  name: 'chattr',
  package: 'e2fsprogs',
  usage: '[-pRVf] [-+=aAcCdDeijPsStTuFx] [-v version] files...',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const usage = async (): Promise<number> => {
      await process.stderr.write(`Usage: ${process.argv[0]} [-pRVf] [-+=aAcCdDeijPsStTuFx] [-v version] files...\n`)
      return 1
    }
    const changes: { sign: string; letters: string }[] = []
    const files: string[] = []
    let recursive = false
    let quiet = false
    for (const word of words) {
      if (files.length === 0 && /^-[RVfp]+$/.test(word)) {
        recursive ||= word.includes('R')
        quiet ||= word.includes('f')
      } else if (files.length === 0 && /^[-+=]/.test(word)) {
        if ([...word.slice(1)].some((letter) => !ATTRIBUTE_LETTERS.includes(letter))) return usage()
        changes.push({ sign: word.charAt(0), letters: word.slice(1) })
      } else files.push(word)
    }
    if (changes.length === 0) {
      if (files.length === 0) return usage()
      await complain(process, "Must use '-v', =, - or +")
      return 1
    }
    if (files.length === 0) return usage()
    let status = 0
    const one = async (path: string): Promise<void> => {
      try {
        const stat = process.files.lstat(path)
        if (stat.type === 'symlink') {
          if (!quiet) await complain(process, `Operation not supported while reading flags on ${path}`)
          status = 1
          return
        }
        if (process.uid !== 0 && changes.some(({ letters }) => /[ai]/.test(letters))) {
          if (!quiet) await complain(process, `Operation not permitted while setting flags on ${path}`)
          status = 1
          return
        }
        setAttributes(process, path, changes)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        if (!quiet) await complain(process, `${error.message} while trying to stat ${path}`)
        status = 1
      }
    }
    for (const file of files) {
      await one(file)
      if (recursive && process.files.may('r', file))
        await walkTree(process, file, { pre: async ({ path }) => (path === file ? undefined : one(path)), failed: async () => {} })
    }
    return status
  },
})
