import type { Secret } from '../config/outputs.ts'
import { ConfigProblem } from '../config/problem.ts'

/**
 * The text of a secret that stands in sundew.yaml or in the environment.
 * @param key where it is set, for the error: `outputs.splunk.token`
 * @throws ConfigProblem when the variable is not set
 */
export function secretOf(secret: Secret, key: string, env: NodeJS.ProcessEnv = process.env): string {
  if (typeof secret === 'string') return secret
  const value = env[secret.env]
  if (value) return value
  throw new ConfigProblem([
    { file: 'environment', key, what: `${secret.env} is not set`, cure: `export ${secret.env}, or write the secret itself` },
  ])
}

/** `Authorization` of HTTP basic authentication; nothing when there is no user. */
export function basicAuthorization(username: string | undefined, password: Secret | undefined, key: string): Record<string, string> {
  if (username === undefined) return {}
  const text = `${username}:${password === undefined ? '' : secretOf(password, key)}`
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` }
}
