import { createPrivateKey } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { dropbearKey, HOST_KEY_FILES, type KeyType, openSshKey, publicBlob, publicLine } from './key-files.ts'

const DROPBEAR_FILES: Record<KeyType, string> = {
  'ssh-rsa': 'dropbear_rsa_host_key',
  'ecdsa-sha2-nistp256': 'dropbear_ecdsa_host_key',
  'ssh-ed25519': 'dropbear_ed25519_host_key',
}

/** Files with the host keys that the SSH daemon of the persona presents; those that it has not made do not exist. */
export function hostKeyFiles(persona: Persona, identity: Identity): Map<string, { bytes: Buffer; mode: number }> {
  const files = new Map<string, { bytes: Buffer; mode: number }>()
  for (const [type, name] of Object.entries(HOST_KEY_FILES) as [KeyType, string][]) {
    const pem = identity.kept(`${name}.${persona.name}`)
    if (pem === undefined) continue
    const key = createPrivateKey(pem)
    if (/dropbear/i.test(persona.banners.ssh ?? '')) {
      files.set(`/etc/dropbear/${DROPBEAR_FILES[type]}`, { bytes: dropbearKey(type, key), mode: 0o600 })
      continue
    }
    const comment = `root@${persona.hostname}`
    files.set(`/etc/ssh/${name}`, { bytes: Buffer.from(openSshKey(type, key, comment)), mode: 0o600 })
    files.set(`/etc/ssh/${name}.pub`, { bytes: Buffer.from(publicLine(type, publicBlob(type, key), comment)), mode: 0o644 })
  }
  return files
}
