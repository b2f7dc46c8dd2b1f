import { evidence } from '../../events/bytes.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { makeHome, VALID_NAME, writeAccount, writeGroup } from './gnu/new-account.ts'

export default gnuCommand({
  name: 'useradd',
  package: 'passwd',
  paths: ['/usr/sbin/useradd'],
  usage: '[options] LOGIN',
  trouble: 2,
  showsUsage: true,
  applet: false,
  short: 'b:c:d:De:f:Fg:G:hk:K:lmMNop:rR:s:u:UZ:',
  long: {
    'base-dir': 'b',
    comment: 'c',
    'home-dir': 'd',
    defaults: 'D',
    expiredate: 'e',
    gid: 'g',
    groups: 'G',
    skel: 'k',
    'create-home': 'm',
    'no-create-home': 'M',
    'no-user-group': 'N',
    'non-unique': 'o',
    password: 'p',
    system: 'r',
    shell: 's',
    uid: 'u',
    'user-group': 'U',
    badname: 'badname',
  },
  async run(process, options) {
    const [name] = options.operands
    const fail = async (message: string, status: number): Promise<number> => {
      await process.stderr.write(`useradd: ${message}\n`)
      return status
    }
    if (options.has('D')) {
      await process.stdout.write(
        'GROUP=100\nHOME=/home\nINACTIVE=-1\nEXPIRE=\nSHELL=/bin/sh\nSKEL=/etc/skel\nCREATE_MAIL_SPOOL=no\nLOG_INIT=yes\n',
      )
      return 0
    }
    if (name === undefined) {
      await process.stderr.write('Usage: useradd [options] LOGIN\n       useradd -D\n       useradd -D [options]\n')
      return 2
    }
    if (!VALID_NAME.test(name)) return fail(`invalid user name '${name}': use --badname to ignore`, 3)
    if (process.uid !== 0) return fail('Permission denied.\nuseradd: cannot lock /etc/passwd; try again later.', 1)
    const accounts = accountsOf(process)
    if (accounts.user(name)) return fail(`user '${name}' already exists`, 9)
    const system = options.has('r')
    const given = options.value('u')
    const uid = given === undefined ? accounts.freeId('uid', system ? 100 : 1000, system ? 999 : 60_000) : Number(given)
    if (!Number.isInteger(uid) || uid < 0) return fail(`invalid user ID '${given}'`, 3)
    if (accounts.userById(uid) && !options.has('o')) return fail(`UID ${uid} is not unique`, 4)
    const groupText = options.value('g')
    const chosen = groupText === undefined ? undefined : (accounts.group(groupText) ?? accounts.groupById(Number(groupText)))
    if (groupText !== undefined && !chosen) return fail(`group '${groupText}' does not exist`, 6)
    const extra = (options.value('G') ?? '').split(',').filter((group) => group !== '')
    for (const group of extra) if (!accounts.group(group)) return fail(`group '${group}' does not exist`, 6)
    if (!chosen && accounts.group(name)) return fail(`group ${name} exists - if you want to add this user to that group, use -g.`, 9)
    const gid = chosen?.gid ?? (options.has('N') ? 100 : accounts.groupById(uid) ? accounts.freeId('gid', 1000, 60_000) : uid)
    if (!chosen && !options.has('N')) writeGroup(process, name, gid)
    const account = {
      name,
      uid,
      gid,
      gecos: options.value('c') ?? '',
      home: options.value('d') ?? `${options.value('b') ?? '/home'}/${name}`,
      shell: options.value('s') ?? '/bin/sh',
      groups: extra,
      password: options.value('p') ?? '!',
    }
    writeAccount(process, account)
    process.recorder.record('login', { method: 'useradd', username: evidence(name), password: evidence(account.password), accepted: true })
    if (options.has('m')) makeHome(process, account, 0o755)
    return 0
  },
})
