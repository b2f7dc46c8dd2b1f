import { z } from 'zod'

/** A page as the model writes it. Everything of the wire (lengths, dates, encodings, cookies) is the code's. */
export const GeneratedPage = z.object({
  status: z.number().int().min(200).max(599).describe('HTTP status code'),
  headers: z.array(z.object({ name: z.string(), value: z.string() })).describe('Content-Type, Location and the like'),
  body: z.string(),
})
export type GeneratedPage = z.infer<typeof GeneratedPage>

/** What no application answers. */
export function flawsOf({ status, headers, body }: GeneratedPage): string[] {
  const flaws: string[] = []
  const location = headers.find(({ name }) => name.toLowerCase() === 'location')?.value
  if (status >= 300 && status < 400 && status !== 304 && !location) flaws.push('redirect-without-location')
  if (location !== undefined && !/^(\/(?!\/)|https?:\/\/)/.test(location)) flaws.push('location-is-no-url')
  if (status === 200 && body.trim() === '') flaws.push('empty-page')
  return flaws
}
