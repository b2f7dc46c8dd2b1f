// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell's own expansions
import { describe, expect, it } from 'vitest'
import { escapeStrayDollars } from '../../src/host/shell/stray-dollars.ts'
import { makeHost } from './harness.ts'

describe('text that a parser could lose itself in', () => {
  it.each([
    'echo $((7$))',
    'echo $((7$?',
    'echo $(( $ ))',
    'echo $((x=$))',
    'echo $(($"))',
    "echo $((7$'1'))",
    'echo $((7$`))',
    'echo "$((7$))"',
    'echo $[7$]',
    '((7$))',
    'for ((7$;;)); do :; done',
    'x=5; echo ${x:7$}',
    "x=5; echo ${x:$'1'}",
    'x=5; echo ${x:${x$}:$}',
    'x="7$"; echo $((x))',
    'x="7$"; echo $(($x))',
    'a[7$]=1; echo ${a[7$]}',
    'let "x=7$"; echo $x',
    'let x=7$',
    '[[ 7$ -eq 1 ]]',
    '[[ 1 -eq 7$ ]]',
    'declare -i x=7$',
    'x=abc; echo ${x/$/y} ${x:1$:2}',
    'echo {1..$}',
  ])('%s comes to an end', { timeout: 5_000 }, async (line) => {
    const { exitCode } = await makeHost().run(line)
    expect(exitCode).toBeGreaterThanOrEqual(0)
  })

  it('an expression with a fraction is refused in the words of bash', async () => {
    const test = makeHost()
    const { stderr } = await test.run('echo $((2.3))')
    expect(stderr).toContain('2.3: syntax error: invalid arithmetic operator (error token is ".3")')
    expect(test.recorder.of('lure.fault')).toEqual([])
  })

  it('changes nothing where a dollar sign means something, or cannot do harm', () => {
    for (const text of [
      "sed 's/x$/y/' f; echo $((1+2))",
      "echo ${x//$'\\n'/} ${x%$y} ${x:-$'a'} $((${#x} + $y + $(wc -l < f) + $$))",
      'cat <<\'E\'\ngrep "foo$" f\nE\n',
      'echo "cost: 5$" $',
      "((cd /; sed 's/x$/y/' f))",
    ])
      expect(escapeStrayDollars(text)).toBe(text)
    expect(escapeStrayDollars('echo ${x%$} $((x$)) "$"')).toBe('echo ${x%\\$} $((x\\$)) "$"')
  })

  it('takes time in proportion to the text', () => {
    const at = performance.now()
    for (const part of ['$((', '${x[', '$[', '((', '$((x$', '"$((\'']) escapeStrayDollars(part.repeat(200_000))
    expect(performance.now() - at).toBeLessThan(3000)
  })
})
