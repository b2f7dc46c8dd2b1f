import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import facts from './facts/blog.json' with { type: 'json' }
import { installedThemes, type Theme } from './theme-list.ts'

export interface BlogUser {
  id: number
  login: string
  name: string
  email: string
}

export interface BlogEntry {
  id: number
  slug: string
  title: string
  text: readonly string[]
  /** UTC milliseconds. */
  at: number
  author: BlogUser
  category: number
}

const DAY = 86_400_000
/** Passwords that brute-forcers try early. */
const WEAK = ['admin123', 'password1', 'welcome1', 'changeme', 'letmein1', 'admin2024', 'qwerty123', 'P@ssw0rd']

/** What the blog says: its name, its people, its posts. */
export class Blog {
  readonly title: string
  readonly tagline: string
  readonly version: string
  readonly theme: Theme
  /** All that are installed. */
  readonly themes: readonly Theme[]
  readonly users: readonly BlogUser[]
  /** Newest first. */
  readonly posts: readonly BlogEntry[]
  readonly pages: readonly BlogEntry[]
  readonly categories = facts.categories.map(([name, slug], n) => ({ id: n + 1, name: name as string, slug: slug as string }))
  /** The password of `admin` that is easily guessed. */
  readonly weakPassword: string
  /** Part of the names of its cookies. */
  readonly cookieHash: string
  /** UTC milliseconds of the files. */
  readonly installedAt: number

  constructor(
    persona: Persona,
    identity: Identity,
    options: { title?: string | undefined; version: string; vulnerable: readonly string[] },
  ) {
    const draw = (label: string): string => `wordpress/${persona.name}/${label}`
    // The day that the install seed was first used for this is not kept; a blog that dates itself from a fixed day ages as blogs do.
    this.installedAt = Date.UTC(2025, 8, 2) + identity.integer(draw('installed'), 0, 60 * 86_400) * 1000
    this.title = options.title ?? persona.facts.company ?? persona.web?.title ?? persona.hostname
    this.tagline = identity.pick(draw('tagline'), facts.taglines)
    this.version = options.version
    this.themes = installedThemes(options.vulnerable)
    this.theme = this.themes[0] as Theme
    this.weakPassword = identity.pick(draw('weak-password'), WEAK)
    this.cookieHash = identity.hex(draw('cookie-hash'), 16)
    this.users = usersOf(persona, identity.integer(draw('authors'), 0, facts.names.length - 1))
    const newest = Math.floor(Date.now() / DAY) * DAY
    this.posts = facts.posts.map((post, n) => ({
      ...post,
      id: 214 - n * 23,
      // Counted from the first of the month, so that a post keeps its date, and its address, for a month at least.
      at: monthStart(newest) - post.days * DAY + identity.integer(draw(post.slug), 7 * 3600, 17 * 3600) * 1000,
      author: this.users[n % this.users.length] as BlogUser,
    }))
    this.pages = facts.pages.map((page, n) => ({
      ...page,
      id: 2 + n * 5,
      at: this.installedAt + n * DAY,
      author: this.users[0] as BlogUser,
      category: 0,
    }))
  }

  user(nameOrMail: string): BlogUser | undefined {
    const wanted = nameOrMail.toLowerCase()
    return this.users.find(({ login, email }) => login === wanted || email === wanted)
  }
}

function monthStart(at: number): number {
  const day = new Date(at)
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), 1)
}

function usersOf({ domain }: Persona, first: number): BlogUser[] {
  const authors = [0, 1].map((n) => facts.names[(first + n) % facts.names.length] as [string, string])
  return [['admin', 'admin'] as [string, string], ...authors].map(([name, login], n) => ({
    id: n + 1,
    login,
    name,
    email: `${login}@${domain}`,
  }))
}

/** `/2026/03/05/slug/` of a post, `/slug/` of a page. */
export function addressOf(entry: BlogEntry, isPage = false): string {
  if (isPage) return `/${entry.slug}/`
  return `/${new Date(entry.at).toISOString().slice(0, 10).replaceAll('-', '/')}/${entry.slug}/`
}
