import type { CommandFile } from '../../command.ts'
import { accountsOf } from '../gnu/accounts.ts'

/** `su` of a box that its maker rooted: no password, no question. Takes `su [-c COMMAND] [WHO [COMMAND …]]`, as AOSP's and SuperSU do. */
export const su: CommandFile = {
  name: 'su',
  paths: [],
  async run(process) {
    let who = 'root'
    let command: string | undefined
    const words = process.argv.slice(1)
    const rest: string[] = []
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as string
      if (word === '-c' || word === '--command') command = words.slice(++i).join(' ')
      else if (!word.startsWith('-')) {
        rest.push(...words.slice(i))
        break
      }
      if (command !== undefined) break
    }
    const [first, ...program] = rest
    if (first !== undefined) who = first
    const user = accountsOf(process).user(who) ?? accountsOf(process).userById(/^\d{1,6}$/.test(who) ? Number(who) : -1)
    if (!user) {
      await process.stderr.write(`su: invalid uid/gid '${who}'\n`)
      return 1
    }
    if (program.length > 0 && command === undefined && program[0] !== '-c') return process.run(program, { user: user.name })
    const text = command ?? (program[0] === '-c' ? program.slice(1).join(' ') : undefined)
    return process.run(['/system/bin/sh', ...(text === undefined ? [] : ['-c', text])], { user: user.name })
  },
}
