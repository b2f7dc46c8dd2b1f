import { z } from 'zod'
import { LoginOptions } from '../../sensor/login-desk.ts'
import { VULNERABLE_PLUGINS } from './plugin-list.ts'
import { VULNERABLE_THEMES } from './theme-list.ts'

export const Options = z.strictObject({
  /** Release of WordPress, the same wherever the site tells it. */
  version: z
    .string()
    .regex(/^\d\.\d{1,2}(\.\d{1,2})?$/, 'a release such as 6.8.3')
    .default('6.8.3'),
  /** Name of the blog; the persona's company unless given. */
  title: z.string().min(1).max(100).optional(),
  /** Which plug-ins and themes with known holes are installed. */
  vulnerable: z
    .array(z.enum([...VULNERABLE_PLUGINS, ...VULNERABLE_THEMES]))
    .default(['wp-file-manager', 'revslider', 'duplicator', 'suretriggers', 'king-addons', 'post-smtp']),
  /** Who gets in; `admin` with an easy password unless given. */
  login: LoginOptions,
})
export type WordPressOptions = z.output<typeof Options>
