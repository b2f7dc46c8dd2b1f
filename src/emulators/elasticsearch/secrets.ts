import type { Identity } from '../../config/identity.ts'

/** What the indices give away: each install has its own, so that a use of one tells where it was read. */
export interface ClusterSecrets {
  awsKeyId: string
  awsSecret: string
  databasePassword: string
  mailPassword: string
  apiToken: string
}

const KEY_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The one place that mints this lure's honeytokens. */
export function clusterSecrets(identity: Identity): ClusterSecrets {
  const key = [...identity.bytes('elasticsearch/aws-key', 16)].map((byte) => KEY_LETTERS[byte % KEY_LETTERS.length]).join('')
  return {
    awsKeyId: `AKIA${key}`,
    awsSecret: identity.bytes('elasticsearch/aws-secret', 30).toString('base64'),
    databasePassword: identity.bytes('elasticsearch/database', 12).toString('base64url'),
    mailPassword: identity.bytes('elasticsearch/mail', 10).toString('base64url'),
    apiToken: `sk_live_${identity.hex('elasticsearch/api-token', 18)}`,
  }
}
