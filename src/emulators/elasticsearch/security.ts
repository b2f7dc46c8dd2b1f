import type { WebRequest } from '../../http/index.ts'
import { ElasticError } from './elastic-error.ts'

/** Judges a name and a password, and writes them down. */
export type SignIn = (user: string, password: string) => boolean

const SCHEMES = ['Basic realm="security" charset="UTF-8"', 'Bearer realm="security"', 'ApiKey']

/** What a node with security says to who has not signed in. */
export class SecurityError extends ElasticError {
  constructor(reason: string) {
    super(401, 'security_exception', reason, { header: { 'WWW-Authenticate': SCHEMES } })
  }

  get headers(): [string, string][] {
    return SCHEMES.map((scheme) => ['WWW-Authenticate', scheme])
  }
}

/** The user of a request, where security is on. @throws SecurityError */
export function authenticate(request: WebRequest, signIn: SignIn): string {
  const basic = request.basicCredentials()
  if (!basic) throw new SecurityError(`missing authentication credentials for REST request [${request.target}]`)
  if (signIn(basic.username, basic.password)) return basic.username
  throw new SecurityError(`unable to authenticate user [${basic.username.slice(0, 200)}] for REST request [${request.target}]`)
}
