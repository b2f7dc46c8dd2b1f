import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { VALID_NAME, writeGroup } from './gnu/new-account.ts'

export default gnuCommand({
  name: 'groupadd',
  package: 'passwd',
  paths: ['/usr/sbin/groupadd'],
  usage: '[options] GROUP',
  trouble: 2,
  showsUsage: true,
  applet: false,
  short: 'fg:hK:op:rR:U:',
  long: { force: 'f', gid: 'g', 'non-unique': 'o', system: 'r' },
  async run(process, options) {
    const [name] = options.operands
    const fail = async (message: string, status: number): Promise<number> => {
      await process.stderr.write(`groupadd: ${message}\n`)
      return status
    }
    if (name === undefined) return fail('Usage: groupadd [options] GROUP', 2)
    if (!VALID_NAME.test(name)) return fail(`'${name}' is not a valid group name`, 3)
    if (process.uid !== 0) return fail('Permission denied.\ngroupadd: cannot lock /etc/group; try again later.', 10)
    const accounts = accountsOf(process)
    if (accounts.group(name)) return options.has('f') ? 0 : fail(`group '${name}' already exists`, 9)
    const gid = options.has('g')
      ? Number(options.value('g'))
      : accounts.freeId('gid', options.has('r') ? 100 : 1000, options.has('r') ? 999 : 60_000)
    if (!Number.isInteger(gid) || gid < 0) return fail(`invalid group ID '${options.value('g')}'`, 3)
    if (accounts.groupById(gid) && !options.has('o')) return fail(`GID '${gid}' already exists`, 4)
    writeGroup(process, name, gid)
    return 0
  },
})
