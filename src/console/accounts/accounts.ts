import { hash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { inTransaction, openForWriting } from '../../store/sqlite/database.ts'
import { hashPassword, isPassword } from './password.ts'

/** In order of what they may do: read; also review, tag and take files; also change accounts, prompts and settings. */
export const ROLES = ['viewer', 'analyst', 'operator'] as const
export const Role = z.enum(ROLES)
export type Role = z.infer<typeof Role>

/** Whether a role may do what another one is needed for. */
export function mayActAs(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

export interface Account {
  name: string
  role: Role
  /** UTC milliseconds. */
  createdAt: number
}

/** A browser that is logged in. */
export interface Login {
  account: string
  role: Role
  /** To be sent along with every change: a page of another site cannot know it. */
  csrf: string
}

export interface ApiToken {
  id: number
  name: string
  role: Role
  account: string
  createdAt: number
  usedAt: number | undefined
}

export interface AuditEntry {
  time: number
  account: string
  /** Address that it came from. */
  address: string
  action: string
  detail: string
}

/** Something that was asked for cannot be done; the message is for the operator. */
export class AccountProblem extends Error {}

const SET_UP_MS = 24 * 3_600_000
/** The time of last use of a token is written at most so often. */
const USED_EVERY_MS = 60_000

/** Who may use the console, in `console.db` of the data folder. Nothing in it lets anybody in: passwords and tokens are hashes. */
export class Accounts {
  readonly #database: DatabaseSync
  readonly #loginMs: number

  /** @param loginHours how long a browser stays logged in */
  constructor(folder: string, options: { loginHours: number }) {
    this.#database = openForWriting(join(folder, 'console.db'), join(import.meta.dirname, 'migrations'))
    this.#database.exec('PRAGMA foreign_keys = ON')
    this.#loginMs = options.loginHours * 3_600_000
  }

  get isEmpty(): boolean {
    return this.#database.prepare('SELECT 1 FROM account LIMIT 1').get() === undefined
  }

  /** A secret that makes the first operator, once, within a day; a new one takes the place of the old. */
  openSetUp(): string {
    const secret = newSecret('setup')
    inTransaction(this.#database, () => {
      this.#database.exec('DELETE FROM set_up')
      this.#database.prepare('INSERT INTO set_up (digest, expires_at) VALUES (?, ?)').run(digestOf(secret), Date.now() + SET_UP_MS)
    })
    return secret
  }

  isSetUp(secret: string): boolean {
    const row = this.#database.prepare('SELECT 1 FROM set_up WHERE digest = ? AND expires_at > ?').get(digestOf(secret), Date.now())
    return row !== undefined && this.isEmpty
  }

  /** @throws {AccountProblem} when the secret is not, or not any more, the one that was given out */
  async setUp(secret: string, name: string, password: string): Promise<Account> {
    const hashed = await hashPassword(password)
    return inTransaction(this.#database, () => {
      if (!this.isSetUp(secret))
        throw new AccountProblem('this set-up link was used, has expired or is not the newest; restart Sundew for a new one')
      this.#database.exec('DELETE FROM set_up')
      return this.#insert(name, hashed, 'operator')
    })
  }

  list(): Account[] {
    return this.#database.prepare('SELECT name, role, created_at FROM account ORDER BY name').all().map(accountOf)
  }

  /** @throws {AccountProblem} when the name is taken */
  async add(name: string, password: string, role: Role): Promise<Account> {
    const hashed = await hashPassword(password)
    return this.#insert(name, hashed, role)
  }

  /** @throws {AccountProblem} when there is none, or it is the last operator */
  setRole(name: string, role: Role): void {
    this.#keepAnOperator(name, role)
    const { changes } = this.#database.prepare('UPDATE account SET role = ? WHERE name = ?').run(role, name)
    if (changes === 0) throw new AccountProblem(`there is no account ${name}`)
  }

  /** Logs its browsers out. */
  async setPassword(name: string, password: string): Promise<void> {
    const hashed = await hashPassword(password)
    inTransaction(this.#database, () => {
      const { changes } = this.#database.prepare('UPDATE account SET password = ? WHERE name = ?').run(hashed, name)
      if (changes === 0) throw new AccountProblem(`there is no account ${name}`)
      this.#database.prepare('DELETE FROM login WHERE account = ?').run(name)
    })
  }

  /** With its logins and tokens. @throws {AccountProblem} when there is none, or it is the last operator */
  remove(name: string): void {
    this.#keepAnOperator(name, undefined)
    const { changes } = this.#database.prepare('DELETE FROM account WHERE name = ?').run(name)
    if (changes === 0) throw new AccountProblem(`there is no account ${name}`)
  }

  async isPasswordOf(name: string, password: string): Promise<boolean> {
    const row = this.#database.prepare('SELECT password FROM account WHERE name = ?').get(name)
    return isPassword(password, row && String(row.password))
  }

  /** @returns the secret for the browser's cookie */
  logIn(name: string): string {
    const secret = newSecret('login')
    const now = Date.now()
    this.#database.prepare('DELETE FROM login WHERE expires_at <= ?').run(now)
    this.#database
      .prepare('INSERT INTO login (digest, account, csrf, created_at, expires_at) VALUES (?, ?, ?, ?, ?)')
      .run(digestOf(secret), name, randomBytes(24).toString('base64url'), now, now + this.#loginMs)
    return secret
  }

  loginOf(secret: string): Login | undefined {
    const row = this.#database
      .prepare('SELECT account, role, csrf FROM login JOIN account ON name = account WHERE digest = ? AND expires_at > ?')
      .get(digestOf(secret), Date.now())
    return row && { account: String(row.account), role: Role.parse(row.role), csrf: String(row.csrf) }
  }

  logOut(secret: string): void {
    this.#database.prepare('DELETE FROM login WHERE digest = ?').run(digestOf(secret))
  }

  /** @returns the token, which is shown this once */
  addToken(account: string, name: string, role: Role): { token: string; id: number } {
    const token = newSecret('token')
    const { lastInsertRowid } = this.#database
      .prepare('INSERT INTO token (digest, name, role, account, created_at) VALUES (?, ?, ?, ?, ?)')
      .run(digestOf(token), name, role, account, Date.now())
    return { token, id: Number(lastInsertRowid) }
  }

  tokens(): ApiToken[] {
    return this.#database.prepare('SELECT * FROM token ORDER BY created_at DESC').all().map(tokenOf)
  }

  removeToken(id: number): boolean {
    return this.#database.prepare('DELETE FROM token WHERE id = ?').run(id).changes > 0
  }

  /** Who a token speaks for. It may never do more than its account. */
  tokenOwner(token: string): { account: string; role: Role } | undefined {
    const row = this.#database
      .prepare(
        'SELECT t.id, t.role, t.used_at, t.account, a.role AS account_role FROM token t JOIN account a ON a.name = t.account WHERE digest = ?',
      )
      .get(digestOf(token))
    if (!row) return undefined
    const now = Date.now()
    if (now - Number(row.used_at ?? 0) > USED_EVERY_MS)
      this.#database.prepare('UPDATE token SET used_at = ? WHERE id = ?').run(now, Number(row.id))
    const [own, accounts] = [Role.parse(row.role), Role.parse(row.account_role)]
    return { account: String(row.account), role: mayActAs(accounts, own) ? own : accounts }
  }

  audit(entry: Omit<AuditEntry, 'time'>): void {
    this.#database
      .prepare('INSERT INTO audit (time, account, address, action, detail) VALUES (?, ?, ?, ?, ?)')
      .run(Date.now(), entry.account, entry.address, entry.action, entry.detail)
  }

  /** Newest first. */
  audits(limit: number): AuditEntry[] {
    const rows = this.#database.prepare('SELECT time, account, address, action, detail FROM audit ORDER BY id DESC LIMIT ?').all(limit)
    return rows.map((row) => ({
      time: Number(row.time),
      account: String(row.account),
      address: String(row.address),
      action: String(row.action),
      detail: String(row.detail),
    }))
  }

  close(): void {
    this.#database.close()
  }

  #insert(name: string, password: string, role: Role): Account {
    const createdAt = Date.now()
    const { changes } = this.#database
      .prepare('INSERT INTO account (name, role, password, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(name, role, password, createdAt)
    if (changes === 0) throw new AccountProblem(`the name ${name} is taken`)
    return { name, role, createdAt }
  }

  #keepAnOperator(name: string, role: Role | undefined): void {
    const others = this.#database.prepare("SELECT 1 FROM account WHERE role = 'operator' AND name <> ? LIMIT 1").get(name)
    if (!others && role !== 'operator') throw new AccountProblem('there must be an operator: make another one first')
  }
}

/** 256 random bits; the word in front tells people and secret scanners what it is. */
function newSecret(kind: 'setup' | 'login' | 'token'): string {
  return `sundew_${kind}_${randomBytes(32).toString('base64url')}`
}

/** A fast hash is enough for what is random and long. */
function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

function accountOf(row: Record<string, unknown>): Account {
  return { name: String(row.name), role: Role.parse(row.role), createdAt: Number(row.created_at) }
}

function tokenOf(row: Record<string, unknown>): ApiToken {
  return {
    id: Number(row.id),
    name: String(row.name),
    role: Role.parse(row.role),
    account: String(row.account),
    createdAt: Number(row.created_at),
    usedAt: row.used_at === null ? undefined : Number(row.used_at),
  }
}
