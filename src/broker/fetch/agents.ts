/** Who a broker passes for: the program that would have come if the attack had worked. */
export type Agent = 'java' | 'wget'

/** In the order in which each sends them. Java 8u181 still loaded classes from elsewhere. Neither asks for compression. */
export function headersOf(agent: Agent, host: string): Record<string, string> {
  if (agent === 'java') {
    return {
      'User-Agent': 'Java/1.8.0_181',
      Host: host,
      Accept: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
      Connection: 'keep-alive',
    }
  }
  return { Host: host, 'User-Agent': 'Wget/1.21.3', Accept: '*/*', 'Accept-Encoding': 'identity', Connection: 'Keep-Alive' }
}

/** FTP asks everybody for a password; these two say this to it. */
export const ANONYMOUS_PASSWORD: Readonly<Record<Agent, string>> = { java: 'Java1.8.0_181@', wget: '-wget@' }
