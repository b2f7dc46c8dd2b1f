import type { CommandFile, HostText, Process } from '../../command.ts'
import { accountsOf, groupName, userName } from './accounts.ts'
import { attempt, complain, Failure, gnuCommand, Usage } from './command.ts'
import { quoted } from './quote.ts'
import { statIfThere, walkTree } from './tree.ts'

interface Owner {
  uid: number
  gid: number
}

/** `chown` and `chgrp`. */
export function ownershipCommand(name: 'chown' | 'chgrp'): CommandFile {
  const what = name === 'chown' ? 'ownership' : 'group'
  return gnuCommand({
    name,
    usage: [`[OPTION]... ${name === 'chown' ? '[OWNER][:[GROUP]]' : 'GROUP'} FILE...`, '[OPTION]... --reference=RFILE FILE...'],
    about:
      name === 'chown' ? 'Change the owner and/or group of each FILE to OWNER and/or GROUP.' : 'Change the group of each FILE to GROUP.',
    authors: 'David MacKenzie and Jim Meyering',
    short: 'cfhHLPRv',
    long: {
      changes: 'c',
      silent: 'f',
      quiet: 'f',
      verbose: 'v',
      dereference: 'dereference',
      'no-dereference': 'h',
      recursive: 'R',
      reference: 'reference=',
      from: 'from=',
      'preserve-root': 'preserve-root',
      'no-preserve-root': 'no-preserve-root',
    },
    async run(process, options) {
      const operands = [...options.operands]
      const reference = options.value('reference')
      const text = reference === undefined ? operands.shift() : undefined
      if (text === undefined && reference === undefined) throw new Usage('missing operand')
      if (operands.length === 0) throw new Usage(text === undefined ? 'missing operand' : `missing operand after ${quoted(text)}`)
      const owner = reference === undefined ? parseOwner(process, text as string, name) : ownerOf(process, reference)
      let status = 0
      const change = async (path: HostText): Promise<void> => {
        const before = statIfThere(process, path, !options.has('h'))
        const fine = await attempt(
          () => (options.has('h') ? process.files.lchown(path, owner.uid, owner.gid) : process.files.chown(path, owner.uid, owner.gid)),
          (error) =>
            complain(
              process,
              `${error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 'cannot access' : `changing ${what} of`} ${quoted(path)}: ${error.message}`,
            ),
        )
        if (!fine) status = 1
        else if (before && options.has('v', 'c')) await report(process, path, before, options.has('v'))
      }
      const report = async (_: Process, path: HostText, before: Owner, evenIfSame: boolean): Promise<void> => {
        const isChanged = (owner.uid >= 0 && owner.uid !== before.uid) || (owner.gid >= 0 && owner.gid !== before.gid)
        if (!isChanged && !evenIfSame) return
        const words = [named(process, before, owner), named(process, owner, owner)]
        await process.stdout.write(
          isChanged
            ? `changed ${what} of ${quoted(path)} from ${words[0]} to ${words[1]}\n`
            : `${what} of ${quoted(path)} retained as ${words[0]}\n`,
        )
      }
      for (const path of operands) {
        if (!options.has('R')) await change(path)
        else {
          await walkTree(process, path, {
            pre: (entry) => change(entry.path),
            failed: async (failed, error) => {
              status = 1
              await complain(process, `cannot access ${quoted(failed)}: ${error.message}`)
            },
          })
        }
      }
      return status
    },
  })
}

/** Owner as `-v` writes it: the parts that were asked for. */
function named(process: Process, { uid, gid }: Owner, asked: Owner): string {
  const user = asked.uid >= 0 ? userName(process, uid) : ''
  if (asked.gid < 0) return user
  return asked.uid < 0 ? groupName(process, gid) : `${user}:${groupName(process, gid)}`
}

function ownerOf(process: Process, path: HostText): Owner {
  const stat = statIfThere(process, path)
  if (!stat) throw new Failure(`failed to get attributes of ${quoted(path)}: No such file or directory`)
  return { uid: stat.uid, gid: stat.gid }
}

function parseOwner(process: Process, text: string, name: string): Owner {
  const accounts = accountsOf(process)
  const groupId = (group: string): number => {
    const found = accounts.group(group)?.gid ?? (/^\+?\d{1,9}$/.test(group) ? Number(group) : undefined)
    if (found === undefined) throw new Failure(`invalid group: ${quoted(text)}`)
    return found
  }
  if (name === 'chgrp') return { uid: -1, gid: text === '' ? -1 : groupId(text) }
  const mark = text.includes(':') ? ':' : text.includes('.') && !accounts.user(text) ? '.' : undefined
  const [user, group] = mark === undefined ? [text, undefined] : [text.slice(0, text.indexOf(mark)), text.slice(text.indexOf(mark) + 1)]
  const account = accounts.user(user)
  const uid = user === '' ? -1 : (account?.uid ?? (/^\+?\d{1,9}$/.test(user) ? Number(user) : undefined))
  if (uid === undefined) throw new Failure(`invalid user: ${quoted(text)}`)
  return { uid, gid: group === undefined ? -1 : group === '' ? (account?.gid ?? -1) : groupId(group) }
}
