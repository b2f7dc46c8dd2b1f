// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates are the shell's
import { SHELL_LINES, TEXT_LINES, TOOL_LINES } from './generated-words.ts'

/** A stream of numbers in [0, 1) that a seed fixes (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** What every generated line may use. */
const SETTING = 'x=abc; y="b c d"; z=; i=2; foo=foo.bar.baz; ref=x; arr=(one "two three" a); set -- p1 "p 2" p3; '
const NAMES = ['x', 'y', 'z', 'v1', 'foo']
const TEXTS = ['a', 'b c', '', 'x*y', 'a.b.c', '/usr/lib/x.so', '42', '-3', 'A B  C', 'tab\tx', 'é', '$HOME', "it's", '"q"', '\\n', '*']

/**
 * Makes command lines of the shell's grammar: quoting, all expansions, arithmetic, tests, control flow, arrays, functions,
 * redirections. None reads or changes what differs between machines.
 */
export class LineGenerator {
  readonly #next: () => number
  readonly #toolLines: readonly string[]
  readonly #textLines: readonly string[]

  /** @param absent tools that the machine lacks: lines that need them are left out */
  constructor(seed: number, absent: readonly string[] = []) {
    this.#next = numbers(seed)
    const canRun = (line: string): boolean => !absent.some((tool) => line.includes(tool))
    this.#toolLines = TOOL_LINES.filter(canRun)
    this.#textLines = TEXT_LINES.filter(canRun)
  }

  line(): string {
    const commands = Array.from({ length: this.#pick([1, 2, 3]) }, () => this.#command(0))
    return SETTING + commands.join(this.#pick(['; ', '\n']))
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#next() * choices.length)] as T
  }

  #words(...counts: number[]): string {
    return Array.from({ length: this.#pick(counts) }, () => this.#word()).join(' ')
  }

  #word(): string {
    const name = this.#pick(NAMES)
    return this.#pick([
      () => this.#pick(['a', 'b', 'foo', 'bar1', 'x.y', '-n', '--', '12', 'a=b', '{a,b}', '{1..3}', '{a..c}', '~', '*', '?', '[ab]']),
      () => quoted(this.#pick(TEXTS)),
      () =>
        `"${this.#pick(['a b', '$x', '${y}', '$x$y', 'a${x}b', '`echo hi`', '$(echo a b)', '\\$x', '\\"', '$((1+2))', '$@', '$#', '${#x}'])}"`,
      () => `$${name}`,
      () => this.#parameter(name),
      () => `$((${this.#arithmetic(0)}))`,
      () => `$(echo ${this.#pick(['a', '"b c"', '$x', '"$y"'])})`,
      () => `$'${this.#pick(['a\\tb', '\\x41', '\\u00e9', 'a\\nb', '\\101'])}'`,
      () => this.#pick(['a', 'b']) + this.#pick(['${x}', '"$y"', "'c d'"]) + this.#pick(['c', '', '{p,q}']),
      () => this.#pick([`$${name}{1,2}`, `\${${name}}{p,}`, `{$${name},k}z`, '{1..$i}', 'a{b,c{d,e}}f', '{z..w..2}', '{01..03}', '{a,b']),
      () =>
        this.#pick([
          '$(cat <<< "$y")',
          '$(printf %s "$x" | tr a-c x-z)',
          '`echo \\`echo in\\``',
          '${arr[i-1]}',
          '${arr[$((i-2))]}',
          '$(< aa)',
        ]),
      () => this.#pick(['a?', '*b', '[!a]*', '[[:alpha:]]b', '"*"', '\\*', './*', '~root']),
    ])()
  }

  #parameter(name: string): string {
    const operations = [
      '',
      ':-d',
      ':-"d e"',
      '-d e',
      ':+alt',
      '+a b',
      ':=def',
      '#a',
      '#*.',
      '##*.',
      '##*/',
      '%.*',
      '%%.*',
      '%/*',
      '/a/X',
      '//a/X',
      '//[a-z]/_',
      '/#a/X',
      '/%c/X',
      '//o/&-',
      '^',
      '^^',
      ',',
      ',,',
      ':1',
      ':0:2',
      ': -2',
      ':1+1',
      '@Q',
      '@U',
      '@A',
    ]
    return this.#pick([
      () => `\${${name}${this.#pick(operations)}}`,
      () => `"\${${name}${this.#pick(operations)}}"`,
      () =>
        this.#pick([
          '${#x}',
          '${!ref}',
          '${arr[1]}',
          '${arr[@]}',
          '"${arr[@]}"',
          '"${arr[*]}"',
          '${#arr[@]}',
          '${!arr[@]}',
          '"${arr[@]:1:2}"',
          '"${@:2}"',
          '$1',
          '"$*"',
          '${1:-z}',
          '"${arr[@]#?}"',
          '${arr[@]/a/X}',
          '${arr[-1]}',
        ]),
    ])()
  }

  #arithmetic(depth: number): string {
    const atom = () => this.#pick(['1', '2', '3', '7', 'i', '0', '0x1f', '010', '$i', 'arr[9]', '${#foo}'])
    if (depth > 2) return atom()
    const operators = ['+', '-', '*', '/', '%', '<', '>', '==', '!=', '&&', '||', '&', '|', '^', '<<', '>>', ',', '**', ' + ', '<=']
    return this.#pick([
      atom,
      () => this.#arithmetic(depth + 1) + this.#pick(operators) + this.#arithmetic(depth + 1),
      () => `(${this.#arithmetic(depth + 1)})`,
      () => this.#pick(['!', '~', '-', '+']) + atom(),
      () => `${atom()}?${atom()}:${atom()}`,
      () => `i${this.#pick(['=', '+=', '-=', '*='])}${atom()}`,
      () => this.#pick(['i++', '++i', 'i--', '--i']),
    ])()
  }

  #condition(): string {
    return this.#pick([
      () =>
        `[ ${this.#pick(['-n "$x"', '-z "$z"', '"$x" = abc', '$i -lt 3', '-d /', '! -f /nope', 'a = a -a 1 -eq 1', '-n "" -o -n x', '$i -eq x'])} ]`,
      () => `[[ $x == ${this.#pick(['a*', '"a*"', '*c', '[a-f]*', '?b?'])} ]]`,
      () => `[[ $y =~ ${this.#pick(['^[a-z]+', 'b.c', '[0-9]', '(b)( c)?'])} ]]`,
      () =>
        this.#pick([
          '[[ aa -ef aa ]]',
          '[ -e aa -o -d aa ]',
          '[[ $x == @(abc|z)* ]]',
          '[[ $foo =~ ([a-z]+)\\.(.*) ]]',
          '[[ -v x ]]',
          '[[ ! -s aa && -f aa ]]',
          'test "$y"',
          '[ ]',
          '[ ! ]',
          '[[ 010 -eq 8 ]]',
        ]),
      () => this.#pick(['((i<3))', 'true', 'false', '! true', '[[ $x < $y || -z $z ]]', '[[ -n $x && $y != z ]]']),
    ])()
  }

  #command(depth: number): string {
    const simple = [
      () => `echo ${this.#words(0, 1, 2, 3)}`,
      () =>
        `printf ${this.#pick(["'%s\\n'", "'[%s]'", "'%5s|%-5s|\\n'", "'%d %x\\n'", "'%q '", "'%b\\n'", "'%.2s\\n'"])} ${this.#words(1, 2)}`,
      () => `${this.#pick(NAMES)}=${this.#pick(['"$x"', '$(echo z)', '${y:-d}', 'a', '$((i+1))', '"a  b"'])}`,
      () => `${this.#pick(NAMES)}+=${this.#pick(['z', '"$y"', '1'])}`,
      () => `arr=(${this.#words(0, 1, 3)})`,
      () =>
        this.#pick(['arr+=(z)', 'arr[5]=q', 'unset "arr[0]"', 'declare -p arr', 'declare -i n=2+3; echo $n', 'declare -u U=aBc; echo $U']),
      () => `set -- ${this.#words(0, 2, 3)}; echo $# "$1"`,
      () => `${this.#condition()} && echo y || echo n`,
      () =>
        this.#pick([
          'echo $?',
          ':',
          'false',
          'shift; echo "$@"',
          'nosuchcmd_z',
          'type echo',
          'let i=i*2; echo $i',
          'echo ${x:?msg}',
          'eval "echo \\$y"',
        ]),
      () => `read a b <<< ${this.#pick(['"1 2 3"', '" x  y "', '"a:b"', '$x'])}; echo "$a|$b"`,
      () => 'cat <<E\n$x ${y} `echo 1` $((i+1)) \\$z "q" a@(b|$x) *\nE\n:',
      () => "cat <<'E'\n$x $(no)\nE\n:",
      () => `echo ${this.#words(1)} | ${this.#pick(['cat', 'tr a-z A-Z', 'wc -c'])}`,
      () => '{ echo a; echo b >&2; } 2>&1 | sort',
      () =>
        `printf -v v1 ${this.#pick(['%03d', '%s-', '%x', '%5.1f', '%c', '%i', '%o', '%+d', '% d', '%-4s|'])} ${this.#pick(['7', '$i', '"12"', '0x1f'])}; echo "$v1"`,
      () => `mapfile -t m <<< ${this.#pick(['"$y"', "$'a\\nb\\nc'", '""'])}; echo \${#m[@]} "\${m[0]}"`,
      () =>
        this.#pick([
          'declare -A h=([k]=1 [z y]=2); echo "${h[k]} ${h[z y]} ${#h[@]}"',
          'declare -r ro=1; ro=2; echo after',
          'local q=1',
          'declare -n nr=x; nr=new; echo $x',
          'export -n x; unset x; echo ${x-unset}',
          'readonly x; unset x',
          'typeset -l L=ABC; echo $L',
          'unset y; echo "[${y+set}]"',
        ]),
      () =>
        this.#pick([
          '(trap "echo bye" EXIT; echo in)',
          '(exit 4); echo $?',
          'true | false | true; echo "${PIPESTATUS[@]}"',
          '! false; echo $?',
          'set -f; echo *; set +f',
          '(set -u; echo $nosuch; echo on)',
          '(set -e; false; echo on)',
          'shopt -s nullglob; echo q*; shopt -u nullglob',
          'exec 3<<< "three"; cat <&3; exec 3<&-',
          'echo a >&5',
          'echo x > /nope/x',
          'cat < nope',
          'cd nope',
          'cd aa',
          '. ./nope',
          './aa',
          'aa',
          'command -v echo',
          'type -t cd if aa',
          'builtin nope',
          'wait',
          'umask',
          'times > /dev/null',
          'hash -r',
          'return',
          'break',
          'exit 5',
          'kill -l 9',
          'getopts ab: o -a; echo $o',
          'let "i = 3, j = i * 2"; echo $j',
          'let 0; echo $?',
          'eval',
          'test -z',
          '[ a b ]',
          '[ 1 -eq a ]',
          'fi',
          ';;',
          'for',
          '& echo',
        ]),
      () =>
        `printf '%s\\n' ${this.#words(2, 3)} | ${this.#pick(['sort', 'sort -r', 'head -1', 'tail -n 1', 'wc -l', 'uniq -c', 'sed s/a/X/g', "sed -n '$p'", "awk '{print NR, $1}'", 'grep -c a', 'grep -n .', 'cut -c1-2', 'rev', 'nl', 'tac', 'paste -sd,', 'xargs', 'xargs -n1 echo _', 'od -c', 'base64', 'md5sum', "tr -d '[:space:]'", 'tee /dev/null', 'cat -A', 'fold -w2', 'column -t', 'while read -r l; do echo "<$l>"; done', '{ read a; cat; }'])}`,
      () =>
        this.#pick([
          'seq 3 | while read n; do echo $((n*n)); done',
          'until ((i>3)); do ((i++)); done; echo $i',
          'select s in a b; do echo $s; break; done <<< 2',
          'case $x in a*) echo 1;;& *c) echo 2;& z) echo 3;; esac',
          'basename /a/b.c .c; dirname /a/b',
          'expr 3 + 4; expr abc : "a\\(.\\)"',
          'find . -name "a*" | sort',
          'ls -1',
          'ls -d a* nope',
          'wc -c aa',
          'cat aa "c d" | wc -c',
          'diff <(echo a) <(echo b)',
          'cmp aa ab && echo same',
          'date -u -d @0 +%F',
          'seq -s, 1 2 7',
          'printf "%s\\n" {3..1} | sort -n | xargs',
          'echo aGk= | base64 -d; echo',
          'echo abc | sha1sum',
          'awk "BEGIN{print 2^10, 7%3, length(\\"abc\\")}"',
          'echo "a:b" | awk -F: "{print \\$2}"',
          'env -i A=1 env',
          'sh -c "echo \\$0 \\$1" n o',
          'bash -c "nosuch_y"',
          'sh -c "nosuch_y"',
          'timeout 1 true; echo $?',
          'nohup true 2>/dev/null; echo $?',
        ]),
      () => `IFS=${this.#pick([':', ',', "$' \\t\\n'"])}; v1=a:b,c; echo $v1`,
      () => this.#pick(SHELL_LINES),
      () => this.#pick(this.#toolLines),
      () => {
        const text = this.#pick(["$'3 b\\n1 a\\n10 c'", "$'a:b\\nc:d'", '"$y"', "$'x\\n\\nx'", '"${arr[1]}"'])
        return this.#pick(this.#textLines).replaceAll('TEXT', () => text)
      },
    ]
    if (depth >= 2) return this.#pick(simple)()
    const body = () => Array.from({ length: this.#pick([1, 2]) }, () => this.#command(depth + 1)).join('\n')
    return this.#pick([
      ...simple,
      () => `if ${this.#condition()}; then ${body()}\nelse ${body()}\nfi`,
      () => `for k in ${this.#words(1, 2)}; do echo "k=$k"; ${this.#pick(['', '[ "$k" = b ] && continue; ', 'break; '])}${body()}\ndone`,
      () => `n${depth}=0; while ((n${depth}<${this.#pick([1, 2])})); do ((n${depth}++)); ${body()}\ndone`,
      () => `case ${this.#pick(['"$x"', '$y', 'foo', '""'])} in a*) echo A;; "b c"*|foo) echo B;; "") echo E;; *) echo D;; esac`,
      () => `( ${body()}\n)`,
      () => `f() { echo "f:$1:$#"; ${this.#pick(['local x=loc; echo $x; ', 'return 3; ', ''])}}; f ${this.#words(1)}; echo $?`,
      () => `{ ${body()}\n} > /dev/null; echo $?`,
      () => 'for ((j=0;j<2;j++)); do echo $j; done',
    ])()
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
