import { signal } from '@preact/signals'
import type { z } from 'zod'
import type { Me } from '../../api/shapes.ts'

export type Caller = z.infer<typeof Me>

/** Who is logged in; null for nobody, undefined while that is not known. */
export const me = signal<Caller | null | undefined>(undefined)

/** An answer other than the wanted one, in words for the operator. */
export class ApiProblem extends Error {
  readonly status: number
  /** Character of the query that is wrong. */
  readonly at: number | undefined

  constructor(status: number, message: string, at?: number) {
    super(message)
    this.status = status
    this.at = at
  }
}

type Parameters = Record<string, string | number | boolean | undefined>

export function apiAddress(path: string, parameters: Parameters = {}): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return `/api/v1${path}${text ? `?${text}` : ''}`
}

export async function get<T>(path: string, parameters: Parameters = {}, abort?: AbortSignal): Promise<T> {
  return answerOf(await fetch(apiAddress(path, parameters), abort ? { signal: abort } : {}))
}

export async function send<T = unknown>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { 'x-csrf-token': me.value?.csrf ?? '' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  return answerOf(await fetch(apiAddress(path), { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }))
}

async function answerOf<T>(response: Response): Promise<T> {
  const answer: unknown = response.headers.get('content-type')?.includes('json') ? await response.json() : undefined
  if (response.ok) return answer as T
  if (response.status === 401 && me.value) me.value = null
  const { message, at } = (answer ?? {}) as { message?: string; at?: number }
  throw new ApiProblem(response.status, message ?? `the console answered ${response.status}`, at)
}

export async function whoAmI(): Promise<void> {
  const { caller } = await get<{ caller?: Caller }>('/me')
  me.value = caller ?? null
}

export function mayActAs(role: Caller['role']): boolean {
  const order = ['viewer', 'analyst', 'operator']
  return order.indexOf(me.value?.role ?? '') >= order.indexOf(role)
}
