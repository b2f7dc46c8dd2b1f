import { evidence } from '../../events/bytes.ts'
import { accountsOf } from './gnu/accounts.ts'
import { hostText, LineReader } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'
import { setPassword } from './gnu/passwords.ts'

export default gnuCommand({
  name: 'chpasswd',
  package: 'passwd',
  paths: ['/usr/sbin/chpasswd'],
  usage: '[options]',
  short: 'c:ehmR:s:',
  long: { 'crypt-method': 'c', encrypted: 'e', md5: 'm', root: 'R', 'sha-rounds': 's' },
  async run(process, options) {
    if (process.uid !== 0) {
      await process.stderr.write('chpasswd: Permission denied.\nchpasswd: cannot lock /etc/passwd; try again later.\n')
      return 1
    }
    const lines = new LineReader(process, process.stdin)
    let number = 0
    let failed = false
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      number++
      const text = hostText(line).replace(/\r$/, '')
      const at = text.indexOf(':')
      const [name, password] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)]
      if (at < 0) {
        failed = true
        await process.stderr.write(`chpasswd: line ${number}: missing new password\n`)
        continue
      }
      const exists = accountsOf(process).user(name) !== undefined
      process.recorder.record('login', { method: 'chpasswd', username: evidence(name), password: evidence(password), accepted: exists })
      if (exists) setPassword(process, name, options.has('e') ? { field: password } : { plain: password })
      else {
        failed = true
        await process.stderr.write(
          `chpasswd: (user ${name}) pam_chauthtok() failed, error:\nAuthentication token manipulation error\nchpasswd: (line ${number}, user ${name}) password not changed\n`,
        )
      }
    }
    return failed ? 1 : 0
  },
})
