import type { z } from 'zod'
import type { Persona } from '../../config/persona.ts'
import { evidence } from '../../events/bytes.ts'
import { LoginDesk, type LoginOptions } from '../../sensor/login-desk.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Blog, BlogUser } from './blog.ts'
import type { SiteContext } from './site-context.ts'

/** Why nobody was signed in. */
export type Refusal = 'unknown-user' | 'wrong-password'

/** Judges a name and a password of the blog, and writes them down once. */
export function signIn({ blog, lure, visit, members }: SiteContext, method: string, name: string, password: string): BlogUser | Refusal {
  const member = members.signIn(name, password)
  if (member) {
    visit.login({ method, username: evidence(name), password: evidence(password), accepted: true })
    return member
  }
  const user = blog.user(name)
  // Whom the blog does not know no policy lets in.
  if (!user) {
    visit.login({ method, username: evidence(name), password: evidence(password), accepted: false })
    return 'unknown-user'
  }
  const { persona, host, identity, state, loopback, options } = lure
  const desk = new LoginDesk(visit as Visit, {
    persona,
    host,
    identity,
    state,
    loopback,
    options: { login: policyOf(blog, persona, options.login) },
  })
  return desk.password(method, Buffer.from(user.login), Buffer.from(password)) ? user : 'wrong-password'
}

/** The persona's passwords, and one of the blog's own that is easily guessed. */
function policyOf(blog: Blog, persona: Persona, own: z.output<typeof LoginOptions>): NonNullable<z.output<typeof LoginOptions>> {
  return own ?? { policy: 'list', accept: [...persona.login.accept, { user: 'admin', password: blog.weakPassword }] }
}

/** Makes an account that this source may sign in with. The password is a credential that it will use elsewhere too. */
export function makeAccount({ members, visit }: SiteContext, login: string, password: string, email: string): BlogUser {
  visit.login({ method: 'account', username: evidence(login.slice(0, 256)), password: evidence(password.slice(0, 1024)), accepted: true })
  return members.keep(login, password, email)
}
