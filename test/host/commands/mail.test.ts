import { describe, expect, it } from 'vitest'
import { makeHost } from '../harness.ts'

describe('mail of the host', () => {
  const { run, recorder, persona } = makeHost()

  it('a letter to the outside waits in the queue, is logged, and the operator has it', async () => {
    expect((await run('mailq')).stdout).toBe('Mail queue is empty\n')
    await run('echo secret | mail -s subject drop@example.org')
    const queue = (await run('mailq')).stdout
    expect(queue).toMatch(
      /^-Queue ID- .*\n[0-9A-F]{10} +\d+ \w{3} \w{3} [ \d]\d [\d:]{8} {2}root@\S+\n\(Host or domain name not found\. .*\n {41}drop@example\.org\n\n-- 0 Kbytes in 1 Request\.\n$/,
    )
    const id = queue.split('\n')[1]?.slice(0, 10)
    expect((await run(`grep -c "${id}: to=<drop@example.org>, relay=none, .*status=deferred" /var/log/mail.log`)).stdout).toBe('1\n')
    const [letter] = recorder.captured.filter(({ how }) => how === 'mail')
    expect(letter?.bytes.toString()).toMatch(
      /^Received: by \S+ \(Postfix, from userid 0\)\n[\s\S]*\nSubject: subject\nTo: drop@example\.org\n[\s\S]*\n\nsecret\n$/,
    )
    expect(recorder.of('indicator')).toContainEqual(expect.objectContaining({ kind: 'host', how: 'mail' }))
    expect(await run(`postsuper -d ${id}; mailq`)).toMatchObject({
      stdout: 'Mail queue is empty\n',
      stderr: `postsuper: ${id}: removed\npostsuper: Deleted: 1 message\n`,
    })
  })

  it('a letter to a user is in its mailbox', async () => {
    expect((await run('mail')).stdout).toBe('No mail for root\n')
    await run("printf 'To: root\\nSubject: local\\n\\nbody\\n.\\nnever seen\\n' | sendmail -t")
    expect((await run('mail -H')).stdout).toMatch(/^>N {3}1 root@\S+ +\w{3} \w{3} [ \d]\d \d\d:\d\d +\d+\/\d+ +local\n$/)
    expect((await run('cat /var/mail/root')).stdout).toMatch(/^From root@[\s\S]*\n\nbody\n\n$/)
    expect((await run('stat -c "%U %G %a" /var/mail/root')).stdout).toBe('root mail 600\n')
    expect((await run('printf "d\\nq\\n" | mail >/dev/null; mail')).stdout).toBe('No mail for root\n')
  })

  it('postconf agrees with main.cf and the name of the host', async () => {
    expect((await run('postconf -h myhostname')).stdout).toBe(`${persona.hostname}.${persona.domain}\n`)
    expect((await run('postconf -e "relayhost = [192.0.2.1]"; postconf relayhost; grep relayhost /etc/postfix/main.cf')).stdout).toBe(
      'relayhost = [192.0.2.1]\nrelayhost = [192.0.2.1]\n',
    )
    expect((await run('postconf nosuch')).stderr).toBe('postconf: warning: nosuch: unknown parameter\n')
  })
})
