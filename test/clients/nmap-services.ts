/** What nmap found on a port. */
export interface Service {
  transport: string
  port: number
  /** `open`, `closed`, `open|filtered`. */
  state: string
  /** From an answer (`probed`), or from the port's number alone (`table`). */
  method: string
  name: string
  tunnel: string
  product: string
  version: string
  extra: string
}

/** The ports in what `nmap -oX` writes. */
export function nmapServices(xml: string): Service[] {
  const ports = xml.matchAll(/<port protocol="(\w+)" portid="(\d+)"><state state="([^"]+)"[^>]*\/>(?:<service ([^>]*)>)?/g)
  return Array.from(ports, ([, transport = '', port = '', state = '', attributes = '']) => {
    const of = (name: string): string => plain(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? '')
    return {
      transport,
      port: Number(port),
      state,
      method: of('method'),
      name: of('name'),
      tunnel: of('tunnel'),
      product: of('product'),
      version: of('version'),
      extra: of('extrainfo'),
    }
  })
}

/** Named by what it answered, not by its number. */
export function isNamed({ method, name }: Service): boolean {
  return method === 'probed' && name !== 'tcpwrapped'
}

const HONEYPOTS =
  /honey|cowrie|kippo|dionaea|conpot|heralding|mailoney|elasticpot|glastopf|snare|tanner|amun|nepenthes|endlessh|tarpit|adbhoney|medpot|dicompot|sentrypeer|sundew/i

export function namesHoneypot(service: Service): boolean {
  return HONEYPOTS.test(wordsOf(service))
}

/** `ssl/imap Dovecot imapd`, as nmap prints it. */
export function wordsOf({ tunnel, name, product, version, extra }: Service): string {
  return [`${tunnel ? `${tunnel}/` : ''}${name}`, product, version, extra && `(${extra})`].filter(Boolean).join(' ')
}

function plain(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&apos;', "'").replaceAll('&amp;', '&')
}
