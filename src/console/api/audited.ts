import type { FastifyRequest } from 'fastify'
import { whoCalls } from './access.ts'
import type { Services } from './services.ts'

/** Writes into the audit log who did what, and tells who it was. */
export function audited({ accounts }: Services, request: FastifyRequest, action: string, detail: string): string {
  const { account } = whoCalls(request)
  accounts.audit({ account, address: request.ip, action, detail })
  return account
}
