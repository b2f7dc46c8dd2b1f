import { expect, it } from 'vitest'
import { makeHost } from '../harness.ts'

it.each([
  ["python3 -c 'print(6*7)'", '42\n'],
  ['echo \'print("a"*3)\' | python3 -', 'aaa\n'],
  ["perl -e 'print 6*7, qq(\\n)'", '42\n'],
  ['perl -e \'print "a"."b"\'', 'ab'],
  ["php -r 'echo 1+1;'", '2'],
  ["python3 -c 'import pty; pty.spawn(\"/bin/bash\")' <<< 'id -u'", '0\n'],
  ['perl -e \'exec "/bin/sh -c pwd"\'', '/root\n'],
  ['python3 -c \'import os; os.system("id -un")\'', 'root\n'],
])('%s', async (command, stdout) => {
  expect(await makeHost().run(command)).toEqual({ stdout, stderr: '', exitCode: 0 })
})

it('notes where a program means to connect, and keeps it', async () => {
  const host = makeHost()
  await host.run('python3 -c \'import socket;s=socket.socket();s.connect(("203.0.113.4",4444))\'')
  expect(JSON.stringify(host.recorder.of('indicator'))).toContain('203.0.113.4:4444')
  expect(host.recorder.captured.some(({ how }) => how === 'python program')).toBe(true)
})
