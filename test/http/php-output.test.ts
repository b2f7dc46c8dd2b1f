import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { phpOutput } from '../../src/http/index.ts'

const FACTS = { version: '8.2.29', uname: 'Linux web 6.1.0' }
const output = (code: string): string => phpOutput(Buffer.from(code), FACTS)

describe('PHP that only prints', () => {
  const cases: [string, string][] = [
    ['<?php echo "a"."b"; ?>', 'ab'],
    ["<?php echo md5('1'); die('x');", 'c4ca4238a0b923820dcc509a6f75849bx'],
    ['GIF89a<?php print(7*6);?>end', 'GIF89a42end'],
    ['<?= base64_decode("aGk=") ?>', 'hi'],
    ['<?php echo php_uname(); echo phpversion();', 'Linux web 6.1.08.2.29'],
    ['plain text', 'plain text'],
    ['<?php @unlink(__FILE__); $x = new Y; ?>', ''],
  ]
  it.each(cases)('%s → %s', (code, expected) => expect(output(code)).toBe(expected))

  it('of any shape gives text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('<?php', ' echo ', '"', "'", '.', 'md5(', ')', '1', '*', ';', '?>', 'x'), { maxLength: 40 }),
        (parts) => typeof output(parts.join('')) === 'string',
      ),
    )
  })
})
