import { z } from 'zod'
import { LoginOptions } from '../../sensor/login-desk.ts'
import { PRODUCTS, type Product } from './product.ts'

const Port = z.number().int().min(1024).max(65_535)

export const FtpOptions = z.strictObject({
  product: z.enum(PRODUCTS).default('vsftpd'),
  /** Version that vsftpd shows in its greeting. */
  version: z.string().default('3.0.3'),
  /** What the user `anonymous` may do below /srv/ftp. */
  anonymous: z.enum(['off', 'read', 'write']).default('write'),
  tls: z.boolean().default(true),
  /** Ports of passive data connections; absent: any that the system gives. Needed where a firewall or a container stands before the sensor. */
  passivePorts: z
    .strictObject({ min: Port, max: Port })
    .refine(({ min, max }) => min <= max, 'min must not be above max')
    .optional(),
  /** IPv4 address that PASV names, where attackers reach the sensor at another than its own. */
  passiveAddress: z.ipv4().optional(),
  /** Bytes of one upload that are kept. */
  uploadBytes: z
    .number()
    .int()
    .min(1024)
    .max(256 * 1024 * 1024)
    .default(32 * 1024 * 1024),
  login: LoginOptions,
  /** False answers wrong passwords at once, for tests. */
  delays: z.boolean().default(true),
})
export type FtpOptions = z.output<typeof FtpOptions>

export interface Room {
  product: Product
  /** Connections that are open. */
  clients: number
}
