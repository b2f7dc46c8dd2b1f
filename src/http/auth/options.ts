import { z } from 'zod'

/** Schemes of a login that the server itself asks for, and `form`, a page with a form. */
export const AuthScheme = z.enum(['basic', 'digest', 'ntlm', 'form'])
export type AuthScheme = z.infer<typeof AuthScheme>

const Area = z.strictObject({
  /** Path prefix that needs a login; `/` is the whole site. */
  path: z.string().startsWith('/').default('/'),
  /** Offered in this order; `form` stands alone. */
  schemes: z
    .array(AuthScheme)
    .min(1)
    .refine((schemes) => !schemes.includes('form') || schemes.length === 1, 'a form cannot be offered together with other schemes'),
  /** What it says it guards. */
  realm: z
    .string()
    .regex(/^[^"\\\p{Cc}]{1,100}$/u, 'text without quotes and backslashes')
    .default('Restricted Area'),
})
export type AuthArea = z.infer<typeof Area>

/** Option `auth` of the web lure: parts of the site behind a login, besides those of the persona. */
export const AuthOptions = z.array(Area).max(50).default([])
