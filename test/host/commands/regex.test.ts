import { describe, expect, it } from 'vitest'
import { Regex } from '../../../src/host/commands/regex/regex.ts'
import { makeHost } from '../harness.ts'

/** Start and end of the match and of its groups. */
function match(pattern: string, text: string, syntax: 'basic' | 'extended' = 'extended'): (number | undefined)[] | undefined {
  const found = Regex.compile(pattern, syntax).exec(text)
  return found && [...found]
}

describe('POSIX regular expressions', () => {
  it.each([
    ['a|ab|abc', 'xabcd', [1, 4]],
    ['(a|ab)(c|bcd)(d*)', 'abcd', [0, 4, 0, 1, 1, 4, 4, 4]],
    ['x*', 'aaa', [0, 0]],
    ['^$', '', [0, 0]],
    ['[[:digit:]]{2,3}', 'a12345', [1, 4]],
    ['a{0}b', 'ab', [1, 2]],
    ['(a)\\1', 'baa', [1, 3, 1, 2]],
  ] as const)('%s in "%s"', (pattern, text, expected) => {
    expect(match(pattern, text)?.slice(0, expected.length)).toEqual(expected)
  })

  it('an assertion alone matches where it holds, not only at the start', () => {
    expect(Regex.compile('$', 'basic').exec('hello')).toEqual([5, 5])
    expect(Regex.compile('\\b!', 'extended').exec('hi !a!')).toEqual([5, 6])
  })

  it('Perl takes all that it can, and the first of the ways it is offered', () => {
    expect(Regex.compile('\\d+', 'perl').exec('a555b')).toEqual([1, 4])
    expect(Regex.compile('a+?', 'perl').exec('aaa')).toEqual([0, 1])
    expect(Regex.compile('a|ab', 'perl').exec('ab')).toEqual([0, 1])
  })

  it('basic syntax has GNU’s \\|, \\+ and \\?', () => {
    expect(match('a\\+\\|b', 'caa', 'basic')?.slice(0, 2)).toEqual([1, 3])
    expect(match('a+', 'aa+', 'basic')?.slice(0, 2)).toEqual([1, 3])
  })

  it('cannot be made to explode', async () => {
    const { run } = makeHost()
    const started = performance.now()
    await run("printf 'a%.0s' $(seq 20000) | grep -Ec '(a*)*b'")
    await run("printf 'a%.0s' $(seq 3000) | grep -E '(a|aa)+$' | wc -c")
    await run(
      "printf 'a%.0s' $(seq 2000) | sed -E 's/(x+x+)+y/z/' | wc -c; echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | timeout 2 grep -E '(a*)*\\1b'",
    )
    expect(performance.now() - started).toBeLessThan(6000)
  }, 10_000)
})
