import { expect, it } from 'vitest'
import { makeHost } from './harness.ts'

/** What Debian's bash 5.2 said to the same lines. */
it.each([
  ['x=a; xp=1; xq=2; echo $x{p,q} ${x}{p,q} "$x"{p,q}', '1 2 ap aq ap aq\n'],
  ['v=1; v2=two; echo $v{2..3}x pre$v{2,} {$v,b}2', 'pretwo pre1 two b2\n'],
  ['i=2; cat <<E\na@(b|$i) $((1+(0?2:$i)))\nE', 'a@(b|2) 3\n'],
  ['i=2; echo $((!0x1f---i)) $((i+=0<+0/i++))', '-1 1\n'],
  ['s=abcdef; echo ${s^^[ace]}', 'AbCdEf\n'],
  ['env -i; A=1 env | cut -d= -f1 | tail -2 | paste -sd,', 'MAIL,_\n'],
  ['(set -u; echo $nosuch) 2>/dev/null; echo $?', '1\n'],
])('%s', async (line, stdout) => {
  expect((await makeHost().run(line)).stdout).toBe(stdout)
})

it('a program that a shell gives its place to is one level up', async () => {
  expect((await makeHost().run('env')).stdout).toContain('\nSHLVL=0\n')
  expect((await makeHost().run('env; :')).stdout).toContain('\nSHLVL=1\n')
})
