import { expect, it } from 'vitest'
import { hassh as hasshOfTarpit } from '../../src/emulators/ssh-tarpit/codec.ts'
import { hassh, type KexInit } from '../../src/ssh/transport/kexinit.ts'

/** The example of https://github.com/salesforce/hassh: SSH-2.0-Cyberduck/6.7.1.28683. */
const KEX =
  'curve25519-sha256@libssh.org,diffie-hellman-group-exchange-sha256,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,' +
  'diffie-hellman-group-exchange-sha1,diffie-hellman-group1-sha1,diffie-hellman-group14-sha1,diffie-hellman-group14-sha256,' +
  'diffie-hellman-group15-sha512,diffie-hellman-group16-sha512,diffie-hellman-group17-sha512,diffie-hellman-group18-sha512,' +
  'diffie-hellman-group14-sha256@ssh.com,diffie-hellman-group15-sha256,diffie-hellman-group15-sha256@ssh.com,' +
  'diffie-hellman-group15-sha384@ssh.com,diffie-hellman-group16-sha256,diffie-hellman-group16-sha384@ssh.com,' +
  'diffie-hellman-group16-sha512@ssh.com,diffie-hellman-group18-sha512@ssh.com'
const CIPHERS =
  'aes128-cbc,aes128-ctr,aes192-cbc,aes192-ctr,aes256-cbc,aes256-ctr,blowfish-cbc,blowfish-ctr,cast128-cbc,cast128-ctr,idea-cbc,' +
  'idea-ctr,serpent128-cbc,serpent128-ctr,serpent192-cbc,serpent192-ctr,serpent256-cbc,serpent256-ctr,3des-cbc,3des-ctr,' +
  'twofish128-cbc,twofish128-ctr,twofish192-cbc,twofish192-ctr,twofish256-cbc,twofish256-ctr,twofish-cbc,arcfour,arcfour128,arcfour256'
const MACS = 'hmac-sha1,hmac-sha1-96,hmac-md5,hmac-md5-96,hmac-sha2-256,hmac-sha2-512'
const COMPRESSION = 'zlib@openssh.com,zlib,none'
const VALUE = '8a8ae540028bf433cd68356c1b9e8d5b'

it("gives the specification's example of a client", () => {
  const lists = { kex: KEX, cipherIn: CIPHERS, macIn: MACS, compressionIn: COMPRESSION }
  const offer = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.split(',')])) as unknown as KexInit
  expect(hassh(offer)).toEqual({ value: VALUE, raw: [KEX, CIPHERS, MACS, COMPRESSION].join(';') })
})

it('is the same of the tarpit', () => {
  const lists = { kex: KEX, encryptionToServer: CIPHERS, macToServer: MACS, compressionToServer: COMPRESSION }
  expect(hasshOfTarpit(lists as Parameters<typeof hasshOfTarpit>[0]).value).toBe(VALUE)
})
