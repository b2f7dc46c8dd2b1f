import { z } from 'zod'
import type { StateStore } from '../../store/contract.ts'
import type { Blog, BlogUser } from './blog.ts'

const SCOPE = 'wordpress.members'
/** Accounts that one source may make; an older one gives way. */
const MOST = 16
const FIRST_ID = 100

const Member = z.object({ id: z.number(), login: z.string(), email: z.string(), password: z.string() })
type Member = z.infer<typeof Member>

/** Accounts that a source made for itself through a hole, and passwords that it changed. Only this source has them. */
export class Members {
  readonly #state: StateStore
  readonly #source: string
  readonly #blog: Blog

  constructor(state: StateStore, source: string, blog: Blog) {
    this.#state = state
    this.#source = source
    this.#blog = blog
  }

  /** A new account, or a new password for one that the blog has. */
  keep(login: string, password: string, email = ''): BlogUser {
    const name = login.slice(0, 60).toLowerCase()
    const all = this.#all()
    const known = this.#blog.user(name)
    const id = known?.id ?? all.find((one) => one.login === name)?.id ?? Math.max(FIRST_ID, ...all.map((one) => one.id)) + 1
    const member = { id, login: known?.login ?? name, email: email.slice(0, 100), password: password.slice(0, 1024) }
    const kept = [...all.filter((one) => one.login !== member.login), member].slice(-MOST)
    this.#state.set(SCOPE, this.#source, JSON.stringify(kept))
    return known ?? userOf(member)
  }

  /** Whom a cookie names. */
  user(login: string): BlogUser | undefined {
    const member = this.#find(login)
    return this.#blog.user(login) ?? (member && userOf(member))
  }

  /** Who signs in with a password of this source's own. */
  signIn(login: string, password: string): BlogUser | undefined {
    const member = this.#find(login)
    return member?.password === password ? this.user(member.login) : undefined
  }

  #find(nameOrMail: string): Member | undefined {
    const wanted = nameOrMail.toLowerCase()
    return this.#all().find(({ login, email }) => login === wanted || (email !== '' && email.toLowerCase() === wanted))
  }

  #all(): Member[] {
    const text = this.#state.get(SCOPE, this.#source)?.toString()
    return text === undefined ? [] : z.array(Member).parse(JSON.parse(text))
  }
}

function userOf({ id, login, email }: Member): BlogUser {
  return { id, login, name: login, email }
}
