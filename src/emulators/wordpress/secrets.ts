import { createHash } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'

/** What the configuration of the site gives away, of this install alone. */
export interface SiteSecrets {
  databasePassword: string
  /** Keys and salts, by their constant. */
  keys: Record<string, string>
  mailPassword: string
}

const CONSTANTS = [
  'AUTH_KEY',
  'SECURE_AUTH_KEY',
  'LOGGED_IN_KEY',
  'NONCE_KEY',
  'AUTH_SALT',
  'SECURE_AUTH_SALT',
  'LOGGED_IN_SALT',
  'NONCE_SALT',
]
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!@#%^&*()-_[]{}<>~+=,.;:/?|'

/** The one place that mints this lure's honeytokens. */
export function siteSecrets(identity: Identity): SiteSecrets {
  const letters = (label: string, length: number): string =>
    [...identity.bytes(`wordpress/${label}`, length)].map((byte) => LETTERS[byte % LETTERS.length]).join('')
  return {
    databasePassword: identity.bytes('wordpress/database', 12).toString('base64url'),
    keys: Object.fromEntries(CONSTANTS.map((name) => [name, letters(name, 64)])),
    mailPassword: identity.bytes('wordpress/mail', 9).toString('base64url'),
  }
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}
