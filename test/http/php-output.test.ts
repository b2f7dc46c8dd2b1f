import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evalPhp, runPhp } from '../../src/host/php/script.ts'
import { PhpArray } from '../../src/host/php/value.ts'
import { phpOutput } from '../../src/http/index.ts'

const FACTS = { version: '8.2.29', uname: 'Linux web 6.1.0 x86_64' }
const output = (code: string): Promise<string> => phpOutput(Buffer.from(code, 'latin1'), FACTS)
const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

describe('PHP that prints', () => {
  const cases: [string, string][] = [
    ['<?php echo "a"."b"; ?>', 'ab'],
    ["<?php echo md5('1'); die('x');", 'c4ca4238a0b923820dcc509a6f75849bx'],
    ['GIF89a<?php print(7*6);?>end', 'GIF89a42end'],
    ['<?= base64_decode("aGk=") ?>', 'hi'],
    ['<?php echo php_uname(); echo phpversion();', 'Linux web 6.1.0 x86_648.2.29'],
    ['plain text', 'plain text'],
    ['<?php @unlink(__FILE__); $x = new Y; ?>', ''],
    ['<?php echo md5(7*7).strrev("abc").(1+2*3-4/2);unlink(__FILE__);?>', `${md5('49')}cba5`],
    ['<?php $a="x"; $a.="y"; echo "<$a>{$a}\\x41\\n", PHP_EOL;', '<xy>xyA\n\n'],
    [
      "<?php echo hash('sha256','a'), '|', crc32('a'), '|', bin2hex('ab'), '|', str_rot13('Uryyb');",
      `${createHash('sha256').update('a').digest('hex')}|3904355907|6162|Hello`,
    ],
    ['<?php printf("%05d-%x-%s", 42, 255, "z"); echo 10/4, "|", 0.1+0.2;', '00042-ff-z2.5|0.3'],
    ['<?php if (1 == "1") { echo "yes"; } else { echo "no"; } echo true ? 1 : 2;', 'yes1'],
    ['<?php var_dump("ab", 7, [1, "k" => null]);', 'string(2) "ab"\nint(7)\narray(2) {\n  [0]=>\n  int(1)\n  ["k"]=>\n  NULL\n}\n'],
    ['<?php eval(base64_decode("ZWNobyA2Kjc7"));', '42'],
    ['<?php echo 1; undefined_function(); echo 2;', '1'],
    ['<?php echo 1/0; echo 2;', ''],
    ['<?php print "a" . 1 + 2;', 'a3'],
    ['<?php /* c */ echo 1; // x ?>2\n<?php # y\necho 3;', '12\n3'],
  ]
  it.each(cases)('%s', async (code, expected) => expect(await output(code)).toBe(expected))

  it('takes fields of the request and runs commands where it can', async () => {
    const machine = {
      ...FACTS,
      variables: new Map([['_GET', new PhpArray([['c', 'id']])]]),
      run: async (command: string) => `ran ${command}\nlast\n`,
    }
    expect(await runPhp('<?php if(isset($_GET["c"])) { echo "<pre>"; system($_GET["c"] . " 2>&1"); }', machine)).toBe(
      '<pre>ran id 2>&1\nlast\n',
    )
    expect(await runPhp('<?php echo shell_exec("w"), exec("x"), `y $_GET[c]`;', machine)).toBe('ran w\nlast\nlastran y id\nlast\n')
    expect(await evalPhp("echo md5('1');system('id');", machine)).toBe(`${md5('1')}ran id\nlast\n`)
    expect(await runPhp('<?php if (isset($_GET["x"])) echo 1; else echo 2;', machine)).toBe('2')
  })

  it('shows itself with phpinfo()', async () => {
    const page = await runPhp('<?php phpinfo();', { ...FACTS, environment: [['DB_PASS', 'a<b']] })
    expect(page).toContain('<h1 class="p">PHP Version 8.2.29</h1>')
    expect(page).toContain('<td class="e">DB_PASS </td><td class="v">a&lt;b </td>')
  })

  it('of any shape gives text, soon', async () => {
    const piece = fc.constantFrom(
      '<?php',
      ' echo ',
      '"',
      "'",
      '.',
      'md5(',
      ')',
      '(',
      '1',
      '*',
      ';',
      '?>',
      'x',
      '$a',
      '=',
      '[',
      '{',
      '-',
      '\\',
      'str_repeat(',
      ',',
      '9e9',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (parts) => {
        expect(typeof (await output(parts.join('')))).toBe('string')
      }),
    )
    const started = performance.now()
    for (const code of [
      `<?php ${'('.repeat(60_000)}`,
      `<?php echo ${'-'.repeat(60_000)}1;`,
      `<?php echo "${'\\'.repeat(60_000)}`,
      `<?php ${'echo str_repeat("a",99999);'.repeat(900)}`,
    ])
      await output(code)
    expect(performance.now() - started).toBeLessThan(3_000)
  })
})
