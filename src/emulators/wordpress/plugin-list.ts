import { z } from 'zod'
import list from './facts/plugins.json' with { type: 'json' }

const Plugin = z.object({
  slug: z.string(),
  name: z.string(),
  version: z.string(),
  requires: z.string(),
  author: z.string(),
  about: z.string(),
  active: z.boolean(),
  /** Files that pages of the blog load, below the plug-in's folder. */
  css: z.string().optional(),
  js: z.string().optional(),
  vulnerable: z.array(z.string()).optional(),
})
export type Plugin = z.infer<typeof Plugin>

const PLUGINS = z.array(Plugin).parse(list)

/** Plug-ins that an attacker looks for, by option `vulnerable`. */
export const VULNERABLE_PLUGINS = [
  'wp-file-manager',
  'revslider',
  'duplicator',
  'wpdiscuz',
  'social-warfare',
  'really-simple-ssl',
  'wp-automatic',
  'mail-masta',
  'site-editor',
  'suretriggers',
  'modular-connector',
  'sf-booking',
  'pie-register',
  'king-addons',
  'sneeit-framework',
  'post-smtp',
  'woocommerce-products-filter',
  'kubio',
  'wpbookit',
  'ninja-forms-uploads',
  'learnpress',
  'litespeed-cache',
] as const

/** What is installed: the plain ones, and of the vulnerable ones those that were asked for. */
export function installedPlugins(vulnerable: readonly string[]): Plugin[] {
  return PLUGINS.filter(({ slug, vulnerable: holes }) => !holes || vulnerable.includes(slug))
}
