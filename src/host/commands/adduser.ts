import type { Process } from '../command.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { joinGroups, makeHome, VALID_NAME, writeAccount, writeGroup } from './gnu/new-account.ts'
import { choosePassword } from './gnu/passwords.ts'

export default gnuCommand({
  name: 'adduser',
  package: 'adduser',
  paths: ['/usr/sbin/adduser', '/usr/sbin/addgroup'],
  usage: '[--home DIR] [--shell SHELL] [--no-create-home] [--uid ID] USER',
  short: 'h:g:s:G:SDHu:k:q',
  long: {
    home: 'h',
    shell: 's',
    'no-create-home': 'H',
    uid: 'u',
    gecos: 'g',
    comment: 'g',
    ingroup: 'G',
    gid: 'gid=',
    system: 'S',
    'disabled-password': 'D',
    'disabled-login': 'D',
    group: 'group',
    'force-badname': 'allow',
    'allow-bad-names': 'allow',
    quiet: 'q',
    firstuid: 'firstuid=',
  },
  async run(process, options) {
    const asGroup = (process.argv[0] as string).endsWith('addgroup') || (options.has('group') && !options.has('S'))
    const [name, group] = options.operands
    const fail = async (text: string): Promise<number> => {
      await process.stderr.write(`${isBusyBox(process) ? 'adduser: ' : ''}${text}\n`)
      return 1
    }
    if (name === undefined) return fail('adduser: Only one or two names allowed.')
    if (process.uid !== 0) return fail('adduser: Only root may add a user or group to the system.')
    const accounts = accountsOf(process)
    if (group !== undefined) {
      if (!accounts.user(name)) return fail(`adduser: The user \`${name}' does not exist.`)
      if (!accounts.group(group)) return fail(`adduser: The group \`${group}' does not exist.`)
      if (accounts.group(group)?.members.includes(name)) {
        await process.stdout.write(`The user \`${name}' is already a member of \`${group}'.\n`)
        return 0
      }
      await process.stdout.write(`Adding user \`${name}' to group \`${group}' ...\nDone.\n`)
      joinGroups(process, name, [group])
      return 0
    }
    if (!VALID_NAME.test(name) && !options.has('allow'))
      return fail(
        "adduser: Please enter a username matching the regular expression\n            configured via the NAME_REGEX configuration variable.  Use the\n            `--allow-bad-names' option to relax this check or reconfigure\n            NAME_REGEX in configuration.",
      )
    if (asGroup) {
      if (accounts.group(name)) return fail(`addgroup: The group \`${name}' already exists.`)
      const gid = accounts.freeId('gid', 1000, 59_999)
      await process.stdout.write(`Adding group \`${name}' (GID ${gid}) ...\nDone.\n`)
      writeGroup(process, name, gid)
      return 0
    }
    if (accounts.user(name)) return fail(isBusyBox(process) ? `user '${name}' in use` : `adduser: The user \`${name}' already exists.`)
    const system = options.has('S')
    const uid = options.has('u') ? Number(options.value('u')) : accounts.freeId('uid', system ? 100 : 1000, system ? 999 : 59_999)
    const ownGroup = !system || options.has('group')
    const gid = ownGroup ? uid : 65_534
    const home = options.value('h') ?? (system ? '/nonexistent' : `/home/${name}`)
    const shell = options.value('s') ?? (system ? '/usr/sbin/nologin' : isBusyBox(process) ? '/bin/ash' : '/bin/bash')
    const quiet = options.has('q') || isBusyBox(process)
    const say = async (text: string): Promise<void> => (quiet ? undefined : process.stdout.write(text))
    await say(`Adding ${system ? 'system ' : ''}user \`${name}' ${system ? `(UID ${uid}) ` : ''}...\n`)
    if (ownGroup) {
      await say(`Adding new group \`${name}' (${gid}) ...\n`)
      writeGroup(process, name, gid)
    }
    await say(`Adding new user \`${name}' (${uid}) with group \`${name}${ownGroup && !system ? ` (${gid})` : ''}' ...\n`)
    writeAccount(process, { name, uid, gid, gecos: options.value('g') ?? '', home, shell, groups: system ? [] : ['users'], password: '!' })
    if (options.has('H') || system) await say(`Not creating ${system ? `home directory \`${home}'` : 'home directory'}.\n`)
    else {
      await say(`Creating home directory \`${home}' ...\nCopying files from \`/etc/skel' ...\n`)
      makeHome(process, { home, uid, gid }, 0o700)
    }
    if (system || options.has('D')) return 0
    await password(process, name)
    if (isBusyBox(process)) return 0
    if (!options.has('g')) await details(process, name)
    await say(`Adding new user \`${name}' to supplemental / extra groups \`users' ...\nAdding user \`${name}' to group \`users' ...\n`)
    return 0
  },
})

async function password(process: Process, name: string): Promise<void> {
  for (;;) {
    const trouble = await choosePassword(process, name)
    await process.stderr.write(
      trouble === undefined ? 'passwd: password updated successfully\n' : `passwd: ${trouble}\npasswd: password unchanged\n`,
    )
    if (trouble === undefined) return
    await process.stdout.write('Try again? [y/N] ')
    if (!/^y/i.test((await process.stdin.line()) ?? '')) return
  }
}

async function details(process: Process, name: string): Promise<void> {
  await process.stdout.write(`Changing the user information for ${name}\nEnter the new value, or press ENTER for the default\n`)
  const answers: string[] = []
  for (const label of ['Full Name', 'Room Number', 'Work Phone', 'Home Phone', 'Other']) {
    await process.stdout.write(`\t${label} []: `)
    const line = await process.stdin.line()
    answers.push((line ?? '').trim().replace(/[:,]/g, ''))
    if (line === undefined) break
  }
  await process.stdout.write('Is the information correct? [Y/n] ')
  await process.stdin.line()
  const account = accountsOf(process).user(name)
  if (account)
    accountsOf(process).edit(
      '/etc/passwd',
      name,
      `${name}:x:${account.uid}:${account.gid}:${answers.slice(0, 4).concat(['', '', '', '']).slice(0, 4).join(',')}:${account.home}:${account.shell}`,
    )
}
